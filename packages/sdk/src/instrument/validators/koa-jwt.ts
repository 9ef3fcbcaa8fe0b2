// koa-jwt 3 and 4 (CommonJS), on top of jsonwebtoken. It tries each of several secrets, and the
// first one that fits counts.
import { defineInstrumentation, type Instrumentation } from '../defined/definition.ts'
import { type EndedGuard, makesGuards } from '../defined/watch.ts'
import { record, text } from '../unknown.ts'
import type { ToldValidation } from '../validating.ts'
import { jwtOrKeyRefusal } from './keys.ts'

export const koaJwt: Instrumentation = defineInstrumentation({
  name: 'koa-jwt',
  modules: [{ name: 'koa-jwt', files: ['lib/index.js'], hooks: { default: makesGuards(tell) } }],
})

function tell({ args, made, isLetIn, error }: EndedGuard): ToldValidation | null {
  const { state } = record(args[0])
  const { key } = record(made[0])
  // With `passthrough` it lets everybody in, and leaves there what it found.
  const found = isLetIn ? record(state).jwtOriginalError : record(error).originalError
  if (found !== undefined) return { format: 'jwt', refusal: refusalOf(found) }
  const claims = record(state)[text(key) ?? 'user']
  return isLetIn && claims !== undefined ? { format: 'jwt', claims } : null
}

function refusalOf(error: unknown): NonNullable<ToldValidation['refusal']> {
  const isRevoked = record(error).message === 'Token revoked'
  return isRevoked ? { code: 'revoked_token', reason: 'token_revoked' } : jwtOrKeyRefusal(error)
}
