import type { UnixMillis } from '../../units/time.ts';
import type { DeviceDescription } from './device_description.ts';
import { SoapFault } from './soap_message.ts';
import type { XmlElement } from './xml_element.ts';
import type { Xml } from './xml_template.ts';

export interface OperationContext {
  readonly device: DeviceDescription;
  /** The element in the body. */
  readonly request: XmlElement;
  /** What the device's clock says. */
  readonly now: UnixMillis;
}

/** One operation of a service: gives what the body of the answer holds, or throws a {@link SoapFault}. */
export type Operation = (context: OperationContext) => Xml;

/** The operations of a service by name. */
export type Service = ReadonlyMap<string, Operation>;

/** The text of the request's child of this name, in whatever namespace. */
export function argument(request: XmlElement, name: string): string | undefined {
  return request.children.find((child) => child.name === name)?.text;
}

/** @param reason names what is not supported */
export const notSupported = (reason: string) => new SoapFault('Receiver', ['ter:ActionNotSupported'], reason);

export const noSuch = (subcode: string, reason: string) =>
  new SoapFault('Sender', ['ter:InvalidArgVal', subcode], reason);
