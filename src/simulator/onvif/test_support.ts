/** What tests ask of a simulated device, made as a client would make it. */
import { createHash, randomBytes } from 'node:crypto';
import type { DeviceDescription } from './device_description.ts';
import type { MediaProfile } from './media_profile.ts';
import { namespaces } from './namespaces.ts';
import type { UsernameToken } from './username_token.ts';

export const credentials = { username: 'admin', password: 'p@ss <&>' };

const profile = (token: string, width: number, height: number): MediaProfile => ({
  token,
  name: `Stream ${token}`,
  streamUri: `rtsp://192.168.1.5:554/${token}`,
  video: {
    encoding: 'H264',
    profile: 'High',
    width,
    height,
    framesPerSecond: 25,
    bitsPerSecond: 512_300,
    keyFrameInterval: 50,
  },
  audio: { sampleRate: 48_000, bitsPerSecond: 64_000 },
  snapshot: Buffer.from('picture'),
});

export const exampleDevice: DeviceDescription = {
  name: 'Front <door>',
  manufacturer: 'Nightjar',
  model: 'Simulated camera',
  firmware: '1.0',
  serialNumber: '0123456789AB',
  location: 'simulator',
  host: '192.168.1.5',
  port: 80,
  profiles: [profile('main', 640, 360), profile('sub', 320, 180)],
  mediaServices: ['media1', 'media2'],
  faults: {},
};

/** An envelope around a request and, if given, a header. */
export function soap(request: string, header = ''): string {
  return `<e:Envelope xmlns:e="${namespaces.soap}"><e:Header>${header}</e:Header><e:Body>${request}</e:Body></e:Envelope>`;
}

export interface TokenParts {
  readonly createdMs: number;
  readonly username?: string;
  readonly password?: string;
  readonly nonce?: Buffer;
  readonly type?: string;
}

/** A token with a password digest. */
export function usernameToken(parts: TokenParts): UsernameToken {
  const { username, password } = { ...credentials, ...parts };
  const nonce = parts.nonce ?? randomBytes(16);
  const created = new Date(parts.createdMs).toISOString();
  const digest = createHash('sha1').update(nonce).update(created).update(password).digest('base64');
  const profileUrl = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0';
  const passwordType = `${profileUrl}#${parts.type ?? 'PasswordDigest'}`;
  return { username, passwordType, password: digest, nonce: nonce.toString('base64'), created };
}

/** A `Security` header with such a token. */
export function securityHeader(parts: TokenParts): string {
  const { username, passwordType, password, nonce, created } = usernameToken(parts);
  return `<Security xmlns="${namespaces.security}"><UsernameToken><Username>${username}</Username><Password Type="${passwordType}">${password}</Password><Nonce>${nonce}</Nonce><Created xmlns="${namespaces.securityUtility}">${created}</Created></UsernameToken></Security>`;
}
