/** The Device service: ONVIF Core section 8. */
import { type DeviceDescription, scopes, serviceUrl } from './device_description.ts';
import { namespaces } from './namespaces.ts';
import { argument, type Operation, type OperationContext, type Service } from './operation.ts';
import { type Xml, xml } from './xml_template.ts';

/** What everybody may ask (access class PRE_AUTH, ONVIF Core section 5.9.4.3 and annex A). */
export const publicOperations: ReadonlySet<string> = new Set([
  'GetSystemDateAndTime',
  'GetCapabilities',
  'GetServices',
  'GetHostname',
]);

export const deviceService: Service = new Map<string, Operation>([
  ['GetSystemDateAndTime', getSystemDateAndTime],
  ['GetDeviceInformation', getDeviceInformation],
  ['GetCapabilities', getCapabilities],
  ['GetServices', getServices],
  ['GetScopes', getScopes],
  ['GetHostname', getHostname],
  ['GetNetworkInterfaces', getNetworkInterfaces],
]);

function getSystemDateAndTime({ now }: OperationContext): Xml {
  const time = new Date(now);
  const date = xml`<tt:Time><tt:Hour>${time.getUTCHours()}</tt:Hour><tt:Minute>${time.getUTCMinutes()}</tt:Minute><tt:Second>${time.getUTCSeconds()}</tt:Second></tt:Time><tt:Date><tt:Year>${time.getUTCFullYear()}</tt:Year><tt:Month>${time.getUTCMonth() + 1}</tt:Month><tt:Day>${time.getUTCDate()}</tt:Day></tt:Date>`;
  return xml`<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>
<tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>
<tt:TimeZone><tt:TZ>UTC0</tt:TZ></tt:TimeZone>
<tt:UTCDateTime>${date}</tt:UTCDateTime>
<tt:LocalDateTime>${date}</tt:LocalDateTime>
</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`;
}

function getDeviceInformation({ device }: OperationContext): Xml {
  return xml`<tds:GetDeviceInformationResponse>
<tds:Manufacturer>${device.manufacturer}</tds:Manufacturer>
<tds:Model>${device.model}</tds:Model>
<tds:FirmwareVersion>${device.firmware}</tds:FirmwareVersion>
<tds:SerialNumber>${device.serialNumber}</tds:SerialNumber>
<tds:HardwareId>${device.model}</tds:HardwareId>
</tds:GetDeviceInformationResponse>`;
}

/** The elder way to learn the services; it knows nothing of Media2 (section 8.1.1). */
function getCapabilities({ device, request }: OperationContext): Xml {
  const wanted = argument(request, 'Category') ?? 'All';
  const has = (category: string) => wanted === 'All' || wanted === category;
  const media = has('Media') && device.mediaServices.includes('media1');
  return xml`<tds:GetCapabilitiesResponse><tds:Capabilities>
${has('Device') ? deviceCapabilities(device) : undefined}
${media ? xml`<tt:Media><tt:XAddr>${serviceUrl(device, 'media1')}</tt:XAddr><tt:StreamingCapabilities><tt:RTPMulticast>false</tt:RTPMulticast><tt:RTP_TCP>true</tt:RTP_TCP><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities></tt:Media>` : undefined}
</tds:Capabilities></tds:GetCapabilitiesResponse>`;
}

function deviceCapabilities(device: DeviceDescription): Xml {
  return xml`<tt:Device><tt:XAddr>${serviceUrl(device, 'device')}</tt:XAddr>
<tt:Network><tt:IPFilter>false</tt:IPFilter><tt:ZeroConfiguration>false</tt:ZeroConfiguration><tt:IPVersion6>false</tt:IPVersion6><tt:DynDNS>false</tt:DynDNS></tt:Network>
<tt:System><tt:DiscoveryResolve>false</tt:DiscoveryResolve><tt:DiscoveryBye>true</tt:DiscoveryBye><tt:RemoteDiscovery>false</tt:RemoteDiscovery><tt:SystemBackup>false</tt:SystemBackup><tt:SystemLogging>false</tt:SystemLogging><tt:FirmwareUpgrade>false</tt:FirmwareUpgrade><tt:SupportedVersions><tt:Major>2</tt:Major><tt:Minor>40</tt:Minor></tt:SupportedVersions></tt:System>
<tt:IO><tt:InputConnectors>0</tt:InputConnectors><tt:RelayOutputs>0</tt:RelayOutputs></tt:IO>
</tt:Device>`;
}

function getServices({ device }: OperationContext): Xml {
  const services = (['device', ...device.mediaServices] as const).map(
    (service) =>
      xml`<tds:Service><tds:Namespace>${namespaces[service]}</tds:Namespace><tds:XAddr>${serviceUrl(device, service)}</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>40</tt:Minor></tds:Version></tds:Service>`,
  );
  return xml`<tds:GetServicesResponse>${services}</tds:GetServicesResponse>`;
}

function getScopes({ device }: OperationContext): Xml {
  const items = scopes(device).map(
    (scope) =>
      xml`<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>${scope}</tt:ScopeItem></tds:Scopes>`,
  );
  return xml`<tds:GetScopesResponse>${items}</tds:GetScopesResponse>`;
}

function getHostname({ device }: OperationContext): Xml {
  const name = device.name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return xml`<tds:GetHostnameResponse><tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP><tt:Name>${name}</tt:Name></tds:HostnameInformation></tds:GetHostnameResponse>`;
}

function getNetworkInterfaces({ device }: OperationContext): Xml {
  // A locally administered MAC address made of the serial number, which is hexadecimal.
  const mac = ['02', ...(device.serialNumber.match(/../g) ?? []).slice(0, 5)].join(':');
  return xml`<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled>
<tt:Info><tt:Name>eth0</tt:Name><tt:HwAddress>${mac}</tt:HwAddress><tt:MTU>1500</tt:MTU></tt:Info>
<tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config><tt:Manual><tt:Address>${device.host}</tt:Address><tt:PrefixLength>24</tt:PrefixLength></tt:Manual><tt:DHCP>false</tt:DHCP></tt:Config></tt:IPv4>
</tds:NetworkInterfaces></tds:GetNetworkInterfacesResponse>`;
}
