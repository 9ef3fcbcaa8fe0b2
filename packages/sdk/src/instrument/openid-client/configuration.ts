import { attempt, isObject, type Members, record, text } from '../unknown.ts'

/** What a Configuration says; both documents are frozen when it is made. */
export interface KnownConfiguration {
  readonly server: Members
  /** Empty for one that does not tell it, until a call has shown the client. */
  readonly client: Members
}

const known = new WeakMap<object, KnownConfiguration>()

/** Reads a Configuration once, for it gives deep copies; empty for anything else. */
export function configurationOf(value: unknown): KnownConfiguration {
  if (!isObject(value)) return { server: {}, client: {} }
  const before = known.get(value)
  if (before !== undefined) return before
  const read = (name: string): Members =>
    record(
      attempt(() => {
        const method = Reflect.get(value, name) as unknown
        return typeof method === 'function' ? Reflect.apply(method, value, []) : null
      }),
    )
  const configuration = { server: read('serverMetadata'), client: read('clientMetadata') }
  known.set(value, configuration)
  return configuration
}

/**
 * Keeps the client that a call has shown: the Configuration of version 6.1 has no `clientMetadata`,
 * and user info is asked for with nothing but a token.
 */
export function showClient(value: unknown, clientId: string | null): void {
  if (!isObject(value) || clientId === null) return
  const { server, client } = configurationOf(value)
  if (text(client.client_id) === null) known.set(value, { server, client: { client_id: clientId } })
}

/** URLs of an endpoint: the one of RFC 8705 section 5, too. */
export function endpointsIn(server: Members, name: string | null): string[] {
  if (name === null) return []
  const both = [server[name], record(server.mtls_endpoint_aliases)[name]]
  return both.map(text).filter((url) => url !== null)
}
