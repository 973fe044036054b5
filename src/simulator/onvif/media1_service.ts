/** The Media service of Profile S: ONVIF Media Service Specification (ver10). It knows H.264 and JPEG, no H.265. */
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
  sensor,
  snapshotUriOf,
  thousands,
  videoSourceConfiguration,
  videoSourceConfigurationToken,
  videoSourceToken,
} from './media_configuration.ts';
import type { MediaProfile } from './media_profile.ts';
import type { Operation, OperationContext, Service } from './operation.ts';
import { type Xml, xml } from './xml_template.ts';

export const media1Service: Service = new Map<string, Operation>([
  ['GetProfiles', getProfiles],
  ['GetProfile', getProfile],
  ['GetStreamUri', getStreamUri],
  ['GetSnapshotUri', getSnapshotUri],
  ['GetVideoSources', getVideoSources],
  ['GetVideoEncoderConfigurations', getVideoEncoderConfigurations],
]);

function getProfiles({ device }: OperationContext): Xml {
  const profiles = offeredProfiles(device).map((profile) => {
    const content = profileContent(device, profile);
    return xml`<trt:Profiles token="${profile.token}" fixed="true">${content}</trt:Profiles>`;
  });
  return xml`<trt:GetProfilesResponse>${profiles}</trt:GetProfilesResponse>`;
}

function getProfile({ device, request }: OperationContext): Xml {
  const profile = profileOf(device, request);
  const content = profileContent(device, profile);
  return xml`<trt:GetProfileResponse><trt:Profile token="${profile.token}" fixed="true">${content}</trt:Profile></trt:GetProfileResponse>`;
}

function getStreamUri({ device, request }: OperationContext): Xml {
  return uriResponse('GetStreamUri', announcedUri(device, profileOf(device, request).streamUri));
}

function getSnapshotUri({ device, request }: OperationContext): Xml {
  return uriResponse('GetSnapshotUri', snapshotUriOf(device, request));
}

function uriResponse(operation: 'GetStreamUri' | 'GetSnapshotUri', uri: string): Xml {
  return xml`<trt:${operation}Response><trt:MediaUri><tt:Uri>${uri}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT60S</tt:Timeout></trt:MediaUri></trt:${operation}Response>`;
}

function getVideoSources({ device }: OperationContext): Xml {
  const { width, height, framesPerSecond } = sensor(device);
  return xml`<trt:GetVideoSourcesResponse><trt:VideoSources token="${videoSourceToken}"><tt:Framerate>${framesPerSecond}</tt:Framerate><tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution></trt:VideoSources></trt:GetVideoSourcesResponse>`;
}

function getVideoEncoderConfigurations({ device }: OperationContext): Xml {
  const configurations = encodedProfiles(device).map(
    (profile) =>
      xml`<trt:Configurations token="${`video_encoder_${profile.token}`}">${videoEncoder(profile)}</trt:Configurations>`,
  );
  return xml`<trt:GetVideoEncoderConfigurationsResponse>${configurations}</trt:GetVideoEncoderConfigurationsResponse>`;
}

function profileContent(device: DeviceDescription, profile: MediaProfile): Xml {
  const { token, name, audio } = profile;
  return xml`
<tt:Name>${name}</tt:Name>
<tt:VideoSourceConfiguration token="${videoSourceConfigurationToken}">${videoSourceConfiguration(device)}</tt:VideoSourceConfiguration>
${audio && xml`<tt:AudioSourceConfiguration token="audio_source_configuration">${audioSourceConfiguration(device)}</tt:AudioSourceConfiguration>`}
${hasEncoder(device, profile) ? xml`<tt:VideoEncoderConfiguration token="${`video_encoder_${token}`}">${videoEncoder(profile)}</tt:VideoEncoderConfiguration>` : undefined}
${audio && xml`<tt:AudioEncoderConfiguration token="${`audio_encoder_${token}`}"><tt:Name>AAC</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>AAC</tt:Encoding><tt:Bitrate>${thousands(audio.bitsPerSecond)}</tt:Bitrate><tt:SampleRate>${thousands(audio.sampleRate)}</tt:SampleRate>${multicast}<tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:AudioEncoderConfiguration>`}
`;
}

/** What is inside a `tt:VideoEncoderConfiguration`. */
function videoEncoder(profile: MediaProfile): Xml {
  const { encoding, framesPerSecond, bitsPerSecond, keyFrameInterval, profile: h264Profile } = profile.video;
  return xml`<tt:Name>${profile.name}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>${encoding}</tt:Encoding>${resolution(profile)}<tt:Quality>5</tt:Quality>
<tt:RateControl><tt:FrameRateLimit>${framesPerSecond}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>${thousands(bitsPerSecond)}</tt:BitrateLimit></tt:RateControl>
<tt:H264><tt:GovLength>${keyFrameInterval}</tt:GovLength><tt:H264Profile>${h264Profile}</tt:H264Profile></tt:H264>
${multicast}<tt:SessionTimeout>PT60S</tt:SessionTimeout>`;
}
