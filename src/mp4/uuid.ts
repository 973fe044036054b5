import { malformed } from './malformed.ts';

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The 16 bytes of a UUID in its usual spelling (RFC 9562 section 4); throws RangeError when it is none. */
export function uuidBytes(uuid: string): Uint8Array {
  if (!pattern.test(uuid)) throw new RangeError(`not a UUID: ${uuid}`);
  return Uint8Array.from(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
}

/** A UUID in its usual spelling, lower case. */
export function uuidText(bytes: Uint8Array): string {
  if (bytes.length !== 16) throw malformed('A UUID is not 16 bytes long.');
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** User types of the `uuid` boxes that Nightjar writes. They are drawn at random once and never change. */
export const userTypes = {
  /** Whose footage a segment is; stands between `moov` and the reserve. See identity.ts. */
  identity: uuidBytes('a5c63274-40bb-4740-9104-57169ff6998d'),
  /** CRC-32 of one fragment; stands right after its `mdat`. See fragment.ts. */
  fragmentCheck: uuidBytes('aaf58d23-b8ff-46df-9f87-2c41dba2173b'),
  /** What was lost on its way to a fragment; stands between its `mdat` and its checksum. See fragment_damage.ts. */
  fragmentDamage: uuidBytes('de598380-54ff-4eca-a479-0d964b6c0211'),
  /** How active a fragment's pictures are; stands before its checksum. See fragment_activity.ts. */
  fragmentActivity: uuidBytes('18d8ac09-aea5-419a-bd54-25ddd4c24594'),
  /** All samples of a finished segment; its last box. See sample_table.ts. */
  sampleTable: uuidBytes('c330f320-6987-453e-b809-b100b10f4f9a'),
} as const;

/** True when the 16 bytes at `offset` are the user type. */
export function isUserType(bytes: Uint8Array, offset: number, userType: Uint8Array): boolean {
  if (offset + 16 > bytes.length) return false;
  for (let index = 0; index < 16; index++) if (bytes[offset + index] !== userType[index]) return false;
  return true;
}
