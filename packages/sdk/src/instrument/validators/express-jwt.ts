// express-jwt 6 to 8 (CommonJS), on top of jsonwebtoken. It calls `next` a moment after its own
// promise has settled. Version 6 is a function itself.
import { defineInstrumentation, type Instrumentation } from '../defined/definition.ts'
import { type EndedGuard, makesGuards } from '../defined/watch.ts'
import { record, text } from '../unknown.ts'
import type { Reason, ToldValidation } from '../validating.ts'
import { jwtOrKeyRefusal } from './keys.ts'

export const expressJwt: Instrumentation = defineInstrumentation({
  name: 'express-jwt',
  modules: [
    {
      name: 'express-jwt',
      files: ['dist/index.js', 'lib/index.js'],
      hooks: { expressjwt: makesGuards(tell), default: makesGuards(tell) },
    },
  ],
})

/** Of what it finds itself. */
const reasons: Readonly<Record<string, Reason>> = {
  credentials_bad_format: 'token_malformed',
  credentials_bad_scheme: 'request_invalid',
  credentials_required: 'token_missing',
  revoked_token: 'token_revoked',
}

function tell({ args, made, isLetIn, error }: EndedGuard): ToldValidation | null {
  if (!isLetIn) return { refusal: refusalOf(error) }
  const { requestProperty, userProperty } = record(made[0])
  const request = record(args[0])
  const property = text(requestProperty) ?? text(userProperty)
  const claims = property === null ? (request.auth ?? request.user) : request[property]
  // It lets in who shows no token, where that is allowed.
  return claims === undefined ? null : { format: 'jwt', claims }
}

function refusalOf(error: unknown): { code: string; reason: Reason } {
  const code = text(record(error).code) ?? ''
  if (Object.hasOwn(reasons, code)) return { code, reason: reasons[code]! }
  if (code !== 'invalid_token') return jwtOrKeyRefusal(error)
  return { code, reason: jwtOrKeyRefusal(record(error).inner).reason }
}
