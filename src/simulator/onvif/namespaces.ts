/** XML namespaces of what an ONVIF device reads and writes. */
export const namespaces = {
  soap: 'http://www.w3.org/2003/05/soap-envelope',
  /** WS-Addressing of August 2004, which WS-Discovery of April 2005 is built on. */
  addressing: 'http://schemas.xmlsoap.org/ws/2004/08/addressing',
  discovery: 'http://schemas.xmlsoap.org/ws/2005/04/discovery',
  security: 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd',
  securityUtility: 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd',
  error: 'http://www.onvif.org/ver10/error',
  schema: 'http://www.onvif.org/ver10/schema',
  network: 'http://www.onvif.org/ver10/network/wsdl',
  device: 'http://www.onvif.org/ver10/device/wsdl',
  media1: 'http://www.onvif.org/ver10/media/wsdl',
  media2: 'http://www.onvif.org/ver20/media/wsdl',
} as const;
