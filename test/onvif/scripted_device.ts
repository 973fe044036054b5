import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** An answer: the content of the SOAP body, or whatever the test does with the connection. */
export type Script = string | ((response: ServerResponse, request: IncomingMessage, body: string) => void);

export interface ScriptedDevice {
  readonly port: number;
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** Operations in the order that they were asked, with the path of the service. */
  readonly asked: { operation: string; path: string; body: string }[];
}

export const envelope = (body: string) =>
  `<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>${body}</s:Body></s:Envelope>`;

/** A device on a free port of loopback that answers each operation as the test says, and others with a fault. */
export async function startScriptedDevice(
  context: TestContext,
  scripts: (address: string) => Readonly<Record<string, Script>>,
): Promise<ScriptedDevice> {
  const asked: ScriptedDevice['asked'] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const operation = /<s:Body[^>]*><(\w+)/.exec(body)?.[1] ?? '';
      asked.push({ operation, path: request.url ?? '', body });
      const script = answers[operation] ?? fault('ter:ActionNotSupported', 'Not implemented');
      if (typeof script === 'function') script(response, request, body);
      else response.end(envelope(script));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const address = `127.0.0.1:${port}`;
  const answers = scripts(address);
  return { port, address, asked };
}

export const fault = (subcode: string, reason: string) =>
  `<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>${subcode}</s:Value></s:Subcode></s:Code><s:Reason><s:Text>${reason}</s:Text></s:Reason></s:Fault>`;

const two = (at: number) => String(at).padStart(2, '0');

/** The answer to GetSystemDateAndTime. */
export function timeAnswer(at: Date): string {
  const time = `<Hour>${at.getUTCHours()}</Hour><Minute>${at.getUTCMinutes()}</Minute><Second>${two(at.getUTCSeconds())}</Second>`;
  const date = `<Year>${at.getUTCFullYear()}</Year><Month>${at.getUTCMonth() + 1}</Month><Day>${at.getUTCDate()}</Day>`;
  return `<GetSystemDateAndTimeResponse><SystemDateAndTime><UTCDateTime><Time>${time}</Time><Date>${date}</Date></UTCDateTime></SystemDateAndTime></GetSystemDateAndTimeResponse>`;
}

/** A camera with one profile and the older media service; a test replaces what it is about. */
export const plainDevice = (address: string): Record<string, Script> => ({
  GetSystemDateAndTime: timeAnswer(new Date()),
  GetServices: `<GetServicesResponse><Service><Namespace>http://www.onvif.org/ver10/media/wsdl</Namespace><XAddr>http://${address}/onvif/media</XAddr></Service></GetServicesResponse>`,
  GetDeviceInformation:
    '<GetDeviceInformationResponse><Manufacturer>Acme</Manufacturer><Model>X1</Model><FirmwareVersion>1.0</FirmwareVersion><SerialNumber>00042</SerialNumber></GetDeviceInformationResponse>',
  GetProfiles: `<GetProfilesResponse>${profileText('p1', 1280)}</GetProfilesResponse>`,
  GetStreamUri:
    '<GetStreamUriResponse><MediaUri><Uri>rtsp://127.0.0.1:554/live</Uri></MediaUri></GetStreamUriResponse>',
});

export const profileText = (token: string, width: number, codec = 'H264') =>
  `<Profiles token="${token}"><Name>${token}</Name><VideoEncoderConfiguration><Encoding>${codec}</Encoding><Resolution><Width>${width}</Width><Height>${(width * 9) / 16}</Height></Resolution></VideoEncoderConfiguration></Profiles>`;
