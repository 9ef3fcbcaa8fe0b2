// Libraries and middlewares that validate tokens, each a table. The order does not matter.
import type { Instrumentation } from '../defined/definition.ts'
import { expressJwt } from './express-jwt.ts'
import { expressOauth2JwtBearer } from './express-oauth2-jwt-bearer.ts'
import { fastJwt } from './fast-jwt.ts'
import { fastifyJwt } from './fastify-jwt.ts'
import { hono } from './hono.ts'
import { joseKeys, jwksRsa } from './jwks.ts'
import { jsonwebtoken } from './jsonwebtoken.ts'
import { koaJwt } from './koa-jwt.ts'
import { mcpSdk, mcpServer } from './mcp.ts'
import { passport } from './passport.ts'

export const validators: readonly Instrumentation[] = [
  expressJwt,
  expressOauth2JwtBearer,
  fastJwt,
  fastifyJwt,
  hono,
  joseKeys,
  jsonwebtoken,
  jwksRsa,
  koaJwt,
  mcpSdk,
  mcpServer,
  passport,
]
