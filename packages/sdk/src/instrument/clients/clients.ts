// Libraries that ask authorization servers, each a table. The order does not matter.
import type { Instrumentation } from '../defined/definition.ts'
import { authCore } from './auth-core.ts'
import { expressOpenidConnect } from './express-openid-connect.ts'
import { fastifyOauth2 } from './fastify-oauth2.ts'
import { googleAuthLibrary } from './google-auth-library.ts'
import { msalNode } from './msal-node.ts'
import { openidClient5 } from './openid-client-5.ts'
import { simpleOauth2 } from './simple-oauth2.ts'

export const clients: readonly Instrumentation[] = [
  authCore,
  expressOpenidConnect,
  fastifyOauth2,
  googleAuthLibrary,
  msalNode,
  openidClient5,
  simpleOauth2,
]
