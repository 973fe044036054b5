/** The Media service of Profile T: ONVIF Media 2 Service Specification (ver20). */
import type { DeviceDescription } from './device_description.ts';
import {
  announcedUri,
  audioSourceConfiguration,
  encodedProfiles,
  hasEncoder,
  multicast,
  offeredProfiles,
  profileOf,
  resolution,
  snapshotUriOf,
  thousands,
  videoSourceConfiguration,
  videoSourceConfigurationToken,
} from './media_configuration.ts';
import type { MediaProfile } from './media_profile.ts';
import { argument, noSuch, type Operation, type OperationContext, type Service } from './operation.ts';
import { type Xml, xml } from './xml_template.ts';

export const media2Service: Service = new Map<string, Operation>([
  ['GetProfiles', getProfiles],
  ['GetStreamUri', getStreamUri],
  ['GetSnapshotUri', getSnapshotUri],
  ['GetVideoSourceConfigurations', getVideoSourceConfigurations],
  ['GetVideoEncoderConfigurations', getVideoEncoderConfigurations],
]);

/** Without `Type` a profile comes without its configurations (section 5.2.2). */
function getProfiles({ device, request }: OperationContext): Xml {
  const token = argument(request, 'Token');
  const chosen = offeredProfiles(device).filter((profile) => token === undefined || profile.token === token);
  if (token !== undefined && chosen.length === 0) {
    throw noSuch('ter:NoProfile', `There is no profile with the token "${token}".`);
  }
  const types = request.children.filter((child) => child.name === 'Type').map((child) => child.text);
  const wants = (type: string) => types.includes(type) || types.includes('All');
  const profiles = chosen.map(
    (profile) => xml`
<tr2:Profiles token="${profile.token}" fixed="true"><tr2:Name>${profile.name}</tr2:Name>${types.length > 0 ? configurations(device, profile, wants) : undefined}</tr2:Profiles>`,
  );
  return xml`<tr2:GetProfilesResponse>${profiles}</tr2:GetProfilesResponse>`;
}

function configurations(
  device: DeviceDescription,
  profile: MediaProfile,
  wants: (type: string) => boolean,
): Xml {
  const { audio } = profile;
  const videoEncoder = wants('VideoEncoder') && hasEncoder(device, profile);
  return xml`<tr2:Configurations>
${wants('VideoSource') ? xml`<tr2:VideoSource token="${videoSourceConfigurationToken}">${videoSourceConfiguration(device)}</tr2:VideoSource>` : undefined}
${audio && wants('AudioSource') ? xml`<tr2:AudioSource token="audio_source_configuration">${audioSourceConfiguration(device)}</tr2:AudioSource>` : undefined}
${videoEncoder ? xml`<tr2:VideoEncoder ${encoderAttributes(profile)}>${encoder(profile)}</tr2:VideoEncoder>` : undefined}
${audio && wants('AudioEncoder') ? xml`<tr2:AudioEncoder token="${`audio_encoder_${profile.token}`}"><tt:Name>AAC</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>MP4A-LATM</tt:Encoding>${multicast}<tt:Bitrate>${thousands(audio.bitsPerSecond)}</tt:Bitrate><tt:SampleRate>${thousands(audio.sampleRate)}</tt:SampleRate></tr2:AudioEncoder>` : undefined}
</tr2:Configurations>`;
}

function getStreamUri({ device, request }: OperationContext): Xml {
  const uri = announcedUri(device, profileOf(device, request).streamUri);
  return xml`<tr2:GetStreamUriResponse><tr2:Uri>${uri}</tr2:Uri></tr2:GetStreamUriResponse>`;
}

function getSnapshotUri({ device, request }: OperationContext): Xml {
  const uri = snapshotUriOf(device, request);
  return xml`<tr2:GetSnapshotUriResponse><tr2:Uri>${uri}</tr2:Uri></tr2:GetSnapshotUriResponse>`;
}

function getVideoSourceConfigurations({ device }: OperationContext): Xml {
  return xml`<tr2:GetVideoSourceConfigurationsResponse><tr2:Configurations token="${videoSourceConfigurationToken}">${videoSourceConfiguration(device)}</tr2:Configurations></tr2:GetVideoSourceConfigurationsResponse>`;
}

/** All, or those of a profile or with a token. */
function getVideoEncoderConfigurations({ device, request }: OperationContext): Xml {
  const token = argument(request, 'ConfigurationToken');
  const profileToken = argument(request, 'ProfileToken');
  const list = encodedProfiles(device)
    .filter((profile) => token === undefined || encoderToken(profile) === token)
    .filter((profile) => profileToken === undefined || profile.token === profileToken)
    .map(
      (profile) =>
        xml`<tr2:Configurations ${encoderAttributes(profile)}>${encoder(profile)}</tr2:Configurations>`,
    );
  return xml`<tr2:GetVideoEncoderConfigurationsResponse>${list}</tr2:GetVideoEncoderConfigurationsResponse>`;
}

const encoderToken = (profile: MediaProfile) => `video_encoder_${profile.token}`;

function encoderAttributes(profile: MediaProfile): Xml {
  const { keyFrameInterval, profile: h264Profile } = profile.video;
  return xml`token="${encoderToken(profile)}" GovLength="${keyFrameInterval}" Profile="${h264Profile}"`;
}

/** What is inside a `tt:VideoEncoder2Configuration`. */
function encoder(profile: MediaProfile): Xml {
  const { encoding, framesPerSecond, bitsPerSecond } = profile.video;
  return xml`<tt:Name>${profile.name}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>${encoding}</tt:Encoding>${resolution(profile)}
<tt:RateControl ConstantBitRate="false"><tt:FrameRateLimit>${framesPerSecond}</tt:FrameRateLimit><tt:BitrateLimit>${thousands(bitsPerSecond)}</tt:BitrateLimit></tt:RateControl>
${multicast}<tt:Quality>5</tt:Quality>`;
}
