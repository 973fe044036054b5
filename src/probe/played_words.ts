/** What becomes of words of a camera, and of how it was asked, when they are played again. */
import type { DialogueTransport } from '../dialogue/dialogue.ts';
import type { TransportSetting } from '../recorder/transport_choice.ts';

/** In place of a secret, where an asterisk stands for anything. */
export const hiddenWord = 'hidden';

/** For people, in the head of a dialogue. */
export function oneLine(text: string): string {
  return text.replace(/[^\x20-\x7e\xa0-\xff]/g, '?').trim();
}

/** Text of the camera, one character a byte, so that a dialogue says the same: braces in it are no variables. */
export function playedText(text: string): string {
  return text
    .replace(/[^\x20-\x7e]|\{/g, (letter) =>
      letter === '\t' ? '{tab}' : `{0x${letter.charCodeAt(0).toString(16).padStart(2, '0')}}`,
    )
    .replace(/ $/, '{blank}');
}

/** Inside of a tunnel everything is as over TCP, and to a group as to one. */
export function playedTransport(setting: TransportSetting): DialogueTransport {
  if (setting === 'auto' || setting === 'tcp') return setting;
  return setting === 'udp' || setting === 'multicast' ? 'udp' : 'tcp';
}

/** Addresses and ports that are others when it is played. */
export function playedTransportField(value: string): string {
  const ports = value
    .replace(/\bclient_port\s*=\s*\d+(?:-\d+)?/gi, 'client_port={client_port}')
    .replace(/\bserver_port\s*=\s*\d+(?:-\d+)?/gi, 'server_port={server_port}')
    .replace(/\b(source|destination)\s*=\s*[^;,\s]+/gi, '$1={host}');
  if (!/\bmulticast\b/i.test(ports)) return ports;
  const rest = ports.replace(/;\s*(?:port|ttl|destination|source)\s*=[^;,]*/gi, '');
  return `${rest.replace(/multicast/i, 'unicast')};client_port={client_port};server_port={server_port}`;
}
