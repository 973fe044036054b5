/** Discovery on the network, and what ONVIF devices say of themselves, in the HTTP API. */
import Type, { type Static } from 'typebox';
import { streamRoles } from './camera.ts';
import { count, id, instantMs } from './field.ts';
import { ProbeInput } from './probe.ts';

const deviceAddress = {
  minLength: 1,
  maxLength: 300,
  description: 'Host name or IP address of the device, with :port where it is not the usual one.',
};

export const DiscoveryInput = Type.Object(
  {
    address: Type.Optional(
      Type.String({ ...deviceAddress, description: `${deviceAddress.description} Without it: the network.` }),
    ),
  },
  { additionalProperties: false },
);

export const DiscoveryParams = Type.Object({
  discoveryId: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the discovery.' }),
});

export const DeviceInput = Type.Object(
  {
    address: Type.String(deviceAddress),
    username: ProbeInput.properties.username,
    password: ProbeInput.properties.password,
  },
  { additionalProperties: false },
);
export type DeviceInput = Static<typeof DeviceInput>;

export const DiscoveredDevice = Type.Object({
  id: id('Endpoint reference of the device, or its address.'),
  address: Type.String({ description: 'What POST /devices takes.' }),
  name: Type.String(),
  manufacturer: Type.Optional(Type.String()),
  model: Type.Optional(Type.String()),
  cameraId: Type.Optional(id('The camera that was added with this address.')),
});
export type DiscoveredDevice = Static<typeof DiscoveredDevice>;

export const Discovery = Type.Object({
  id: id('Of this discovery.'),
  state: Type.Enum(['searching', 'done']),
  startedMs: instantMs('When it was asked for; it takes five seconds at most.'),
  searched: Type.Array(Type.String(), {
    description: 'Where it was searched: network interfaces with their addresses, or the address asked for.',
  }),
  devices: Type.Array(DiscoveredDevice),
  ignored: count('Replies that were not understood, or more than are listed.'),
  problems: Type.Array(Type.String({ description: 'Where it could not be searched and why, in words.' })),
});
export type Discovery = Static<typeof Discovery>;

export const MediaProfile = Type.Object({
  token: id('Of the profile in the device.'),
  name: Type.String(),
  role: Type.Optional(Type.Enum(streamRoles, { description: 'What it is proposed for.' })),
  url: Type.String({ description: 'Of its stream, without credentials.' }),
  codec: Type.String({ description: 'Of the video: H264, H265, JPEG, or what the device calls it.' }),
  width: Type.Optional(Type.Integer()),
  height: Type.Optional(Type.Integer()),
  framesPerSecond: Type.Optional(Type.Number()),
  bitsPerSecond: Type.Optional(Type.Number()),
  audio: Type.Optional(Type.String({ description: 'Codec of the sound, when there is sound.' })),
});
export type MediaProfile = Static<typeof MediaProfile>;

export const Device = Type.Object({
  address: Type.String({ description: 'As it was reached.' }),
  name: Type.String(),
  manufacturer: Type.Optional(Type.String()),
  model: Type.Optional(Type.String()),
  firmware: Type.Optional(Type.String()),
  serialNumber: Type.Optional(Type.String()),
  media: Type.Enum(['media2', 'media1'], { description: 'The ONVIF service that the profiles come from.' }),
  profiles: Type.Array(MediaProfile),
  notes: Type.Array(Type.String({ description: 'What a person should know of it, in words.' })),
});
export type Device = Static<typeof Device>;
