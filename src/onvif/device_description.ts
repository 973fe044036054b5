/** What the device service says (ONVIF Core Specification, section 8): time, services, information. Pure. */
import { type UnixMillis, unixMillis } from '../units/time.ts';
import { defaultPort, parseServiceUrl } from './device_address.ts';
import type { ServiceAddress } from './device_client.ts';
import { labelText } from './label_text.ts';
import { childrenOf, findElement, textAt, type XmlElement } from './xml_document.ts';

/** Where the media are asked for. */
export interface MediaServices {
  readonly media1?: ServiceAddress;
  readonly media2?: ServiceAddress;
}

export interface DeviceInformation {
  readonly manufacturer?: string;
  readonly model?: string;
  readonly firmware?: string;
  readonly serialNumber?: string;
}

/**
 * The device's clock from the body of GetSystemDateAndTime; undefined when it says nothing that could be a time.
 * Local time serves where UTC is missing: an hour wrong is better than nothing.
 */
export function readDeviceTime(body: XmlElement): UnixMillis | undefined {
  const answer = findElement(body, 'GetSystemDateAndTimeResponse', 'SystemDateAndTime');
  const at = findElement(answer, 'UTCDateTime') ?? findElement(answer, 'LocalDateTime');
  const part = (...path: string[]) => Number(textAt(at, ...path) ?? Number.NaN);
  const [year, month, day] = [part('Date', 'Year'), part('Date', 'Month'), part('Date', 'Day')];
  const [hour, minute, second] = [part('Time', 'Hour'), part('Time', 'Minute'), part('Time', 'Second')];
  const isTime = year >= 1970 && year < 2200 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  return isTime && Number.isFinite(ms) ? unixMillis(ms) : undefined;
}

/** The media services from the body of GetServices. */
export function readServices(body: XmlElement, device: ServiceAddress): MediaServices {
  const services = childrenOf(findElement(body, 'GetServicesResponse'), 'Service');
  const find = (version: string) =>
    services.find((service) =>
      new RegExp(`^http://www\\.onvif\\.org/${version}/media/wsdl/?$`, 'i').test(
        textAt(service, 'Namespace') ?? '',
      ),
    );
  return mediaServices(find('ver10'), find('ver20'), device);
}

/** The same from the body of GetCapabilities, which devices from before GetServices have. */
export function readCapabilities(body: XmlElement, device: ServiceAddress): MediaServices {
  const capabilities = findElement(body, 'GetCapabilitiesResponse', 'Capabilities');
  const media2 = findElement(capabilities, 'Extension', 'Media2');
  return mediaServices(findElement(capabilities, 'Media'), media2, device);
}

/** From the body of GetDeviceInformation. */
export function readDeviceInformation(body: XmlElement): DeviceInformation {
  const answer = findElement(body, 'GetDeviceInformationResponse');
  const label = (name: string) => labelText(textAt(answer, name));
  const [manufacturer, model] = [label('Manufacturer'), label('Model')];
  const [firmware, serialNumber] = [label('FirmwareVersion'), label('SerialNumber')];
  return {
    ...(manufacturer !== undefined && { manufacturer }),
    ...(model !== undefined && { model }),
    ...(firmware !== undefined && { firmware }),
    ...(serialNumber !== undefined && { serialNumber }),
  };
}

function mediaServices(
  media1: XmlElement | undefined,
  media2: XmlElement | undefined,
  device: ServiceAddress,
): MediaServices {
  return {
    ...(media1 && { media1: serviceAddress(textAt(media1, 'XAddr'), device) }),
    ...(media2 && { media2: serviceAddress(textAt(media2, 'XAddr'), device) }),
  };
}

/**
 * Where a service is asked (O3). Always at the host that answered; its port is believed when it names that host, else
 * it is the one from before a translating router.
 */
function serviceAddress(xAddr: string | undefined, device: ServiceAddress): ServiceAddress {
  const named = xAddr === undefined ? undefined : parseServiceUrl(xAddr);
  if (!named) return device;
  const { port, path } = named;
  // A default port beside our own host is as often forgotten as meant.
  const isOwn = named.host === device.host && port !== defaultPort;
  return { host: device.host, port: isOwn ? port : device.port, path };
}
