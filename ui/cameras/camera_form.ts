import type { CameraAnswer, CameraInput, CameraPatch, StreamInput } from '../../src/api/contract/camera.ts';
import { message } from '../messages/message.ts';
import {
  type LimitName,
  type LimitTexts,
  limitFaults,
  limitNames,
  limitTexts,
  limitValue,
} from './retention_limits.ts';

export type Role = StreamInput['role'];
type Transport = NonNullable<StreamInput['transport']>;

/** All that the server knows, in the order to choose from. */
export const transports: readonly Transport[] = ['auto', 'tcp', 'udp', 'multicast', 'http', 'websocket'];

export interface StreamForm {
  url: string;
  record: boolean;
  transport: Transport;
}

export const roles: readonly Role[] = ['main', 'sub'];

/** What a person may type about a camera. An empty text is "none"; an empty password of a known camera is "as before". */
export interface CameraForm extends LimitTexts {
  name: string;
  address: string;
  username: string;
  password: string;
  /** Name of the storage root that its footage goes to. */
  storageRoot: string;
  /** SHA-256 of the certificate to trust; empty where an authority vouches for it. */
  tlsFingerprint: string;
  streams: Record<Role, StreamForm>;
}

const emptyStream: StreamForm = { url: '', record: true, transport: 'auto' };

/** The storage root that there always is. */
const defaultRoot = 'default';

export const emptyForm: CameraForm = {
  name: '',
  address: '',
  username: '',
  password: '',
  ...limitTexts({}),
  storageRoot: defaultRoot,
  tlsFingerprint: '',
  streams: { main: { ...emptyStream }, sub: { ...emptyStream } },
};

/** The form with what is known of a camera. */
export function formOf(camera: CameraAnswer): CameraForm {
  const stream = (role: Role) => {
    const known = camera.streams.find((each) => each.role === role);
    if (!known) return { ...emptyStream };
    const { url, record, transport } = known;
    return { url, record, transport };
  };
  return {
    name: camera.name,
    address: camera.address ?? '',
    username: camera.username ?? '',
    password: '',
    ...limitTexts(camera),
    storageRoot: camera.storageRoot,
    tlsFingerprint: camera.tlsFingerprint ?? '',
    streams: { main: stream('main'), sub: stream('sub') },
  };
}

/** The camera that a form describes. */
export function inputOf(form: CameraForm): CameraInput {
  return {
    name: form.name.trim(),
    ...(form.address.trim() !== '' && { address: form.address.trim() }),
    ...(form.username !== '' && { username: form.username }),
    ...(form.password !== '' && { password: form.password }),
    ...limitsIn(form, (text) => text.trim() !== ''),
    ...(form.storageRoot !== defaultRoot && { storageRoot: form.storageRoot }),
    ...(form.tlsFingerprint.trim() !== '' && { tlsFingerprint: form.tlsFingerprint.trim() }),
    streams: streamsOf(form),
  };
}

/**
 * A form after the camera was changed elsewhere: a field that still says what it said before says what is so now, and
 * one in which somebody typed is left alone.
 */
export function followCamera(form: CameraForm, before: CameraForm, now: CameraForm): CameraForm {
  const fresh = <Value>(typed: Value, was: Value, is: Value): Value => (typed === was ? is : typed);
  const stream = (role: Role) => ({
    url: fresh(form.streams[role].url, before.streams[role].url, now.streams[role].url),
    record: fresh(form.streams[role].record, before.streams[role].record, now.streams[role].record),
    transport: fresh(
      form.streams[role].transport,
      before.streams[role].transport,
      now.streams[role].transport,
    ),
  });
  return {
    name: fresh(form.name, before.name, now.name),
    address: fresh(form.address, before.address, now.address),
    username: fresh(form.username, before.username, now.username),
    password: form.password,
    maxAgeDays: fresh(form.maxAgeDays, before.maxAgeDays, now.maxAgeDays),
    eventMaxAgeDays: fresh(form.eventMaxAgeDays, before.eventMaxAgeDays, now.eventMaxAgeDays),
    maxBytes: fresh(form.maxBytes, before.maxBytes, now.maxBytes),
    minAgeHours: fresh(form.minAgeHours, before.minAgeHours, now.minAgeHours),
    storageRoot: fresh(form.storageRoot, before.storageRoot, now.storageRoot),
    tlsFingerprint: fresh(form.tlsFingerprint, before.tlsFingerprint, now.tlsFingerprint),
    streams: { main: stream('main'), sub: stream('sub') },
  };
}

/** What a form changes of the camera that it was filled from; undefined when nothing. */
export function patchOf(camera: CameraAnswer, form: CameraForm): CameraPatch | undefined {
  const before = formOf(camera);
  const patch: CameraPatch = limitsIn(form, (text, name) => text.trim() !== before[name]);
  if (form.name.trim() !== before.name) patch.name = form.name.trim();
  if (form.address.trim() !== before.address) patch.address = form.address.trim() || null;
  if (form.username !== before.username) patch.username = form.username || null;
  if (form.password !== '') patch.password = form.password;
  if (form.storageRoot !== before.storageRoot) patch.storageRoot = form.storageRoot;
  const tlsFingerprint = form.tlsFingerprint.trim();
  if (tlsFingerprint !== before.tlsFingerprint) patch.tlsFingerprint = tlsFingerprint || null;
  const streams = streamsOf(form, camera);
  if (JSON.stringify(streams) !== JSON.stringify(streamsOf(before, camera))) patch.streams = streams;
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** Those limits that are chosen, as the server has them. */
function limitsIn(
  form: CameraForm,
  chosen: (text: string, name: LimitName) => boolean,
): Partial<Record<LimitName, number | null>> {
  const names = limitNames.filter((name) => chosen(form[name], name));
  return Object.fromEntries(names.map((name) => [name, limitValue(name, form[name])]));
}

function streamsOf(form: CameraForm, camera?: CameraAnswer): StreamInput[] {
  return roles.flatMap((role) => {
    const { url, record, transport } = form.streams[role];
    const known = camera?.streams.find((each) => each.role === role);
    // A camera whose address is not known keeps its streams until somebody enters it.
    if (url.trim() === '' && role === 'sub') return [];
    return [{ role, url: url.trim(), record, ...((known || transport !== 'auto') && { transport }) }];
  });
}

/** Whether the certificate of the camera matters: a stream goes through TLS. */
export function isEncrypted(form: CameraForm): boolean {
  return roles.some((role) => /^\s*rtsps:/i.test(form.streams[role].url));
}

/** The fingerprint that a refusal of an unknown certificate names. */
export function namedFingerprint(detail: string): string | undefined {
  return /SHA-256 fingerprint is ((?:[\da-f]{2}:?){31}[\da-f]{2})/i.exec(detail)?.[1];
}

/** What can be told wrong before the server is asked, in words, by field; the rest is the server's to judge. */
export function faultsOf(form: CameraForm): Map<string, string> {
  const faults = new Map<string, string>();
  if (form.name.trim() === '') faults.set('name', message('field.required'));
  if (form.streams.main.url.trim() === '') faults.set('streams.0.url', message('field.required'));
  return new Map([...faults, ...limitFaults(form)]);
}

/** The paths of the fields in which two forms differ. */
export function changedFields(before: CameraForm, after: CameraForm): string[] {
  const texts = (form: CameraForm): Record<string, string> => {
    const { streams, ...rest } = form;
    const { main, sub } = streams;
    return {
      ...rest,
      'streams.0.url': main.url,
      'streams.0.transport': main.transport,
      'streams.1.url': sub.url,
      'streams.1.transport': sub.transport,
    };
  };
  const old = texts(before);
  return Object.entries(texts(after)).flatMap(([field, text]) => (text === old[field] ? [] : [field]));
}
