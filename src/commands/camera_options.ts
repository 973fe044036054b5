import type { TransportSetting } from '../recorder/transport_choice.ts';
import { oneOf } from '../settings/value.ts';
import type { Invocation } from './command.ts';
import { optionValue, presentOptions } from './option_value.ts';

/** What the command line says of the camera, besides its URL. */
export function cameraOptions(invocation: Invocation): {
  username?: string;
  password?: string;
  tlsFingerprint?: string;
  transport?: TransportSetting;
} {
  const tlsFingerprint = invocation.options.get('tls-fingerprint');
  const transports = ['auto', 'tcp', 'udp', 'multicast', 'http', 'websocket'] as const;
  const transport = optionValue(invocation, 'transport', oneOf(...transports));
  return {
    ...presentOptions(invocation, ['username', 'password']),
    ...(tlsFingerprint !== undefined && { tlsFingerprint }),
    ...(transport !== undefined && { transport }),
  };
}
