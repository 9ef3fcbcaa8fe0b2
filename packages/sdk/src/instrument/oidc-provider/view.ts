import type { Endpoint } from '../../facts.ts'
import { type Members, record, text } from '../unknown.ts'
import type { KoaContext, Witnessed } from './context.ts'
import { type Shown, shownToken } from './presented.ts'
import { type FromSource, type KnownToken, sourcesOf, tokenOf } from './sources.ts'

/** A request at its end, with the parts of it that its facts are read from. */
export interface View {
  readonly endpoint: Endpoint
  readonly ctx: KoaContext
  readonly seen: Witnessed
  /** Unix seconds. */
  readonly atS: number
  readonly oidc: Members
  readonly params: Members
  /** The library's objects of this request, by the names of their models. */
  readonly entities: Members
  /** The token that was introspected, revoked or shown. */
  readonly shown: Shown | null
  /** The same as the library has it, or the code or token that is exchanged for others. */
  readonly token: KnownToken | null
  readonly from: FromSource
}

export function viewOf(endpoint: Endpoint, ctx: KoaContext, seen: Witnessed): View {
  const oidc = record(ctx.oidc)
  const params = record(oidc.params)
  const entities = record(oidc.entities)
  const shown = shownToken(endpoint, ctx, params)
  const token = tokenOf(shown?.value ?? exchanged(params), entities, seen.found)
  const from = sourcesOf(endpoint, entities, seen, token)
  const atS = Math.floor(Date.now() / 1000)
  return { endpoint, ctx, seen, atS, oidc, params, entities, shown, token, from }
}

/** The code or token that is exchanged for tokens; none is empty. */
function exchanged({ code, refresh_token, device_code, auth_req_id }: Members): string {
  return text(code) ?? text(refresh_token) ?? text(device_code) ?? text(auth_req_id) ?? ''
}
