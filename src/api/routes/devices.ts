import { NightjarError } from '../../errors/nightjar_error.ts';
import { Device, DeviceInput } from '../contract/device.ts';
import { type Api, answers, type RouteOptions } from '../route.ts';

/** Devices that are read at the same time. */
const maxReads = 4;

/** POST /devices: what an ONVIF device is and which streams it has, before it is added as a camera. */
export async function deviceRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  let reads = 0;
  api.post(
    '/devices',
    {
      schema: {
        summary: 'What an ONVIF device is, and its streams',
        tags: ['cameras'],
        body: DeviceInput,
        response: answers({ 200: Device }),
      },
    },
    async (request) => {
      if (reads >= maxReads) {
        throw new NightjarError('too_busy', `${maxReads} devices are being read already.`);
      }
      reads++;
      try {
        return await services.readDevice(request.body);
      } finally {
        reads--;
      }
    },
  );
}
