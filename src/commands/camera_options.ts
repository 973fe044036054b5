import type { Invocation } from './command.ts';
import { presentOptions } from './option_value.ts';

/** What the command line says of the camera, besides its URL. */
export function cameraOptions(invocation: Invocation): {
  username?: string;
  password?: string;
  tlsFingerprint?: string;
} {
  const tlsFingerprint = invocation.options.get('tls-fingerprint');
  return {
    ...presentOptions(invocation, ['username', 'password']),
    ...(tlsFingerprint !== undefined && { tlsFingerprint }),
  };
}
