// Pages of the device flow (RFC 8628 section 3.3) that are shown again with a remark: the library
// tells no event of them. What is known stands in what was typed and in the stored device code.
import type { ErrorFacts } from '../../facts.ts'
import { isObject, type Members, record, text } from '../unknown.ts'
import type { View } from './view.ts'
import { isExpired } from './why.ts'

/** As re_render_errors.js of the library has them. */
const remarks = {
  NoCodeError: 'no code submitted',
  NotFoundError: 'the code was not found',
  ExpiredError: 'the code has expired',
  AlreadyUsedError: 'code has already been used',
  AbortedError: 'the interaction was aborted',
} as const

type Remark = keyof typeof remarks

/** Why the page was shown again; null when it was not. */
export function pageError(view: View): ErrorFacts | null {
  const { ctx, endpoint, seen } = view
  const isTyped = endpoint === 'code_verification' && ctx.method === 'POST'
  if (!isTyped && endpoint !== 'device_resume') return null
  if (seen.events.has('interaction.started') || seen.events.has('authorization.success'))
    return null
  const type = isTyped ? whyTyped(view) : whyReturned(view)
  return type && { code: '_OTHER', type, description: null, detail: remarks[type] }
}

function whyTyped({ atS, oidc, seen }: View): Remark | null {
  const { user_code, abort } = record(oidc.body)
  if (text(user_code) === null) return 'NoCodeError'
  const stored = seen.found.find(({ kind }) => kind === 'DeviceCode')?.stored
  return whyUnusable(stored, atS, true) ?? (text(abort) === null ? null : 'AbortedError')
}

/** Back from the page to log in or consent, where the user may have said no. */
function whyReturned({ atS, entities, seen }: View): Remark | null {
  const { deviceCode, result } = record(entities.Interaction)
  if (record(result).error !== undefined) return 'AbortedError'
  if (text(deviceCode) === null) return null
  const stored = seen.found.find((one) => one.kind === 'DeviceCode')?.stored
  return whyUnusable(stored, atS, false)
}

/** `isTyped`: then it must not be under way somewhere else, either. */
function whyUnusable(stored: Members | undefined, atS: number, isTyped: boolean): Remark | null {
  if (!isObject(stored)) return 'NotFoundError'
  if (isExpired(stored, atS)) return 'ExpiredError'
  const isUsed = stored.error || stored.accountId || (isTyped && stored.inFlight)
  return isUsed ? 'AlreadyUsedError' : null
}
