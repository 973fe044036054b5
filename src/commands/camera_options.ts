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
  const transport = optionValue(invocation, 'transport', oneOf('auto', 'tcp', 'udp', 'multicast', 'http'));
  return {
    ...presentOptions(invocation, ['username', 'password']),
    ...(tlsFingerprint !== undefined && { tlsFingerprint }),
    ...(transport !== undefined && { transport }),
  };
}
