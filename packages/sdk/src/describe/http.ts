import { ATTR } from '@grantlog/record'
import type { HttpFacts } from '../facts.ts'
import { integer, type Named } from './value.ts'

const methods = new Set('CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE'.split(' '))

/** The request that carried an action, and who sent it. */
export function describeHttp({
  method,
  route,
  status,
  clientAddress,
  userAgent,
}: HttpFacts): Named {
  return [
    [ATTR.HTTP_REQUEST_METHOD, methods.has(method) ? method : '_OTHER'],
    [ATTR.HTTP_ROUTE, route],
    [ATTR.HTTP_RESPONSE_STATUS_CODE, integer(status)],
    [ATTR.CLIENT_ADDRESS, clientAddress],
    [ATTR.USER_AGENT_ORIGINAL, userAgent],
  ]
}
