import swaggerUi from '@fastify/swagger-ui';
import type { Api } from '../route.ts';

/** Everything from here, nothing inline: the page of the documentation needs no more. */
const pagePolicy = {
  'default-src': ["'none'"],
  'base-uri': ["'none'"],
  'connect-src': ["'self'"],
  'font-src': ["'self'", 'data:'],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
  'img-src': ["'self'", 'data:'],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
};

/** The description of the API for programs and for people. */
export async function documentRoutes(api: Api): Promise<void> {
  api.get('/api/v1/openapi.json', { schema: { hide: true } }, async () => api.swagger());

  await api.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: pagePolicy,
    uiConfig: { docExpansion: 'list', deepLinking: true, validatorUrl: null },
  });
}
