/**
 * Whether the certificate of a camera is to be trusted. Most cameras made theirs themselves, so nobody vouches for it;
 * such a one is trusted by its SHA-256 fingerprint, which a person has compared once.
 */
import { NightjarError } from '../errors/nightjar_error.ts';

/** What a TLS handshake tells of the other side. */
export interface ShownCertificate {
  /** SHA-256 of the certificate as upper-case pairs of hexadecimal digits, with colons; undefined without any. */
  readonly fingerprint: string | undefined;
  /** Why no authority vouches for it under the name that was asked for; undefined when one does. */
  readonly doubt: string | undefined;
}

/**
 * A fingerprint in the one form in which they are kept and compared: 32 upper-case pairs with colons.
 *
 * @param text with or without colons and the words `SHA-256`, as tools and cameras write them
 * @throws NightjarError `request_invalid`
 */
export function readFingerprint(text: string): string {
  const digits = text
    .trim()
    .replace(/^sha-?256(?:[ -]?fingerprint)?\s*[:=]\s*/i, '')
    .replace(/[:\s]/g, '');
  if (/^[0-9a-f]{64}$/i.test(digits)) return digits.toUpperCase().match(/../g)!.join(':');
  const detail = 'tlsFingerprint must be the SHA-256 fingerprint of a certificate: 64 hexadecimal digits.';
  throw new NightjarError('request_invalid', detail, { place: { field: 'tlsFingerprint' } });
}

/**
 * The error for which the connection must be given up; undefined when the certificate is to be trusted.
 *
 * @param trusted fingerprint as {@link readFingerprint} gives it; when there is one, no other certificate will do
 */
export function certificateError(
  shown: ShownCertificate,
  trusted: string | undefined,
  url: string,
): NightjarError | undefined {
  const { fingerprint, doubt } = shown;
  const place = { url };
  if (fingerprint === undefined) {
    return new NightjarError('camera_tls_failed', `${url}: the camera shows no certificate.`, { place });
  }
  if (trusted === undefined) {
    if (doubt === undefined) return undefined;
    const detail = `${url}: nobody vouches for the camera's certificate (${doubt}). Its SHA-256 fingerprint is ${fingerprint}.`;
    return new NightjarError('camera_certificate_unknown', detail, { place });
  }
  if (fingerprint === trusted) return undefined;
  const detail = `${url}: the camera shows another certificate than the trusted one. Trusted is SHA-256 ${trusted}, shown is ${fingerprint}.`;
  return new NightjarError('camera_certificate_changed', detail, { place });
}
