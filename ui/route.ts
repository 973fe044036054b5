/** Which page an address names. Addresses are made here too, so that both stay equal. */
export type Route =
  | { page: 'home' }
  | { page: 'live' }
  | { page: 'timeline' }
  | { page: 'cameras' }
  | { page: 'add' }
  | { page: 'camera'; cameraId: string }
  | { page: 'storage' }
  | { page: 'unknown' };

export function routeOf(path: string): Route {
  const parts = path.split('/').filter((part) => part !== '');
  const [first, second, ...rest] = parts;
  if (first === undefined) return { page: 'home' };
  if (rest.length > 0) return { page: 'unknown' };
  if (first === 'cameras') {
    if (second === undefined) return { page: 'cameras' };
    if (second === 'add') return { page: 'add' };
    return { page: 'camera', cameraId: decoded(second) };
  }
  if (second !== undefined) return { page: 'unknown' };
  if (first === 'live' || first === 'timeline' || first === 'storage') return { page: first };
  return { page: 'unknown' };
}

/** The address of a camera's page. */
export const cameraPath = (id: string): string => `/cameras/${encodeURIComponent(id)}`;

/** The address of the live picture of one camera, large. */
export const livePath = (camera: string): string => `/live?${new URLSearchParams({ camera })}`;

/** The address of the timeline of a camera, at an instant if one is given. */
export function timelinePath(camera: string, atMs?: number): string {
  const query = new URLSearchParams({ camera, ...(atMs !== undefined && { at: `${Math.round(atMs)}` }) });
  return `/timeline?${query}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
