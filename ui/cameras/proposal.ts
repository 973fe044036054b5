import type { Device, MediaProfile } from '../../src/api/contract/device.ts';
import { type CameraForm, emptyForm, type Role, roles } from './camera_form.ts';
import { codecName, streamFacts } from './stream_words.ts';

/** Which profile of a device serves as which stream; undefined for none. */
export type Choice = Record<Role, string | undefined>;

/** What the server proposes; without a proposal, the first profile. */
export function proposalOf(device: Device): Choice {
  const proposed = (role: Role) => device.profiles.find((profile) => profile.role === role)?.token;
  return { main: proposed('main') ?? device.profiles[0]?.token, sub: proposed('sub') };
}

/** The form of the camera that a device becomes with these profiles. */
export function formOfDevice(
  device: Device,
  choice: Choice,
  typed: Pick<CameraForm, 'name' | 'username' | 'password'>,
): CameraForm {
  const form = structuredClone(emptyForm);
  for (const role of roles) {
    form.streams[role].url = device.profiles.find(({ token }) => token === choice[role])?.url ?? '';
  }
  const { name, username, password } = typed;
  return { ...form, name, username, password, address: device.address };
}

/** `Profile_1 · 2560 × 1440 · H.264 + AAC · 25 fps · 4 Mbit/s`, to choose from. */
export function profileLine(profile: MediaProfile): string {
  const codecs = [profile.codec, ...(profile.audio ? [profile.audio] : [])].map(codecName);
  return [profile.name, ...streamFacts({ ...profile, codecs })].join(' · ');
}

/** `Reolink RLC-810A`: what it is, without saying the maker twice. */
export function modelOf({
  manufacturer,
  model,
}: {
  manufacturer?: string;
  model?: string;
}): string | undefined {
  if (!manufacturer) return model;
  if (!model) return manufacturer;
  return model.toLowerCase().startsWith(manufacturer.toLowerCase()) ? model : `${manufacturer} ${model}`;
}
