// What a record says of the HTTP request that carried an action.
import { ATTR, pathOf, templateOf } from '@grantlog/record'
import type { HttpFacts } from '../facts.ts'
import { ipIn } from './address.ts'
import { queryOf } from './query.ts'
import { other } from './request.ts'
import type { Told } from './value.ts'

const methods = new Set('CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE'.split(' '))

/** A method that HTTP knows (RFC 9110 section 9); any other may be what somebody typed. */
export function methodOf({ method }: HttpFacts): string {
  return methods.has(method) ? method : other
}

/** Attributes of the request; `queryValues` names the parameters whose values may be told. */
export function describeHttp(
  told: Told,
  facts: HttpFacts,
  queryValues: readonly string[] = [],
): void {
  const { route, target, status, isCut, peerAddress = null, userAgent } = facts
  const clientAddress = (facts.clientAddress && ipIn(facts.clientAddress)) || peerAddress
  const path = target === null || route !== null ? null : pathOf(target)
  told.add(ATTR.HTTP_REQUEST_METHOD, methodOf(facts))
  told.add(ATTR.HTTP_ROUTE, route)
  // As Node names it to the application; what went wrong before goes before.
  if (isCut && !told.attributes.has(ATTR.ERROR_TYPE)) told.add(ATTR.ERROR_TYPE, 'ECONNRESET')
  told.add(ATTR.URL_TEMPLATE, path === null ? null : templateOf(path))
  told.add(ATTR.URL_QUERY, target === null ? null : queryOf(target, queryValues))
  told.add(ATTR.HTTP_RESPONSE_STATUS_CODE, status === 0 ? null : BigInt(status))
  told.add(ATTR.CLIENT_ADDRESS, clientAddress)
  told.add(ATTR.NETWORK_PEER_ADDRESS, peerAddress === clientAddress ? null : peerAddress)
  told.add(ATTR.USER_AGENT_ORIGINAL, userAgent)
}
