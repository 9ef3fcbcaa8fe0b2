// Scenario: a server of the Model Context Protocol with its own authorization server, in both
// versions of the libraries and both kinds of modules, and a client that finds, registers,
// authorizes, calls tools and refreshes by itself; strangers send it what it must refuse.
// Guarantee: each request has one record, which says who asked, for what, and the real reason of a
// refusal, also of one that the library swallows; tools are told by their names, never arguments;
// what the program prints is the same without the SDK.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { runScript } from './fixtures/child.ts'
import { newProducer } from './fixtures/credentials.ts'
import { type Sink, startSink, type StoredRecord } from './fixtures/sink.ts'

/** What a record says, in one line. */
function saying({ span, attributes }: StoredRecord): string {
  const names = [
    ...['audit.outcome', 'oauth.error.reason', 'oauth.grant.type', 'user.id'],
    ...['oauth.client.registration.type', 'mcp.method.name', 'gen_ai.tool.name'],
    ...['oauth.revocation.reason', 'oauth.refresh.rotated', 'oauth.refresh.reuse_detected'],
  ]
  const said = names.map((name) => attributes.get(name)).filter((one) => one !== undefined)
  return [span.name.replace('oauth.', ''), ...said].join(' ')
}

const served = [
  'register success dcr',
  'authorize success dcr',
  'token success authorization_code ada dcr',
  'revoke success dcr client_request',
  'token success refresh_token ada dcr true',
  'token failure internal refresh_token dcr',
  'authorize failure client_unknown',
  'authorize failure redirect_uri_mismatch',
  'authorize failure pkce_missing',
  'authorize failure scope_not_allowed',
  'authorize success',
  'token failure pkce_mismatch authorization_code',
  'token failure client_credentials_invalid authorization_code',
  'token failure code_unknown authorization_code',
  'token success authorization_code ada',
  'token failure code_replayed authorization_code',
  'token success refresh_token ada true',
  'token failure refresh_reused refresh_token true',
  'token failure token_unknown refresh_token',
  'token failure request_invalid password',
  'register failure request_invalid',
  'token failure request_invalid',
  'revoke success client_request',
  'revoke success client_request',
  'revoke failure rate_limited',
]
const used = [
  'resource_access denied token_missing',
  'resource_access success ada initialize',
  'resource_access success ada notifications/initialized',
  // It asks for a stream, which this server has not.
  'resource_access failure',
  'resource_access success ada tools/call read_note',
  'resource_access success ada tools/call _OTHER',
  'resource_access failure token_unknown',
  'resource_access success ada tools/call read_note',
  'resource_access denied token_missing',
]
/** All that a client asks by itself; what failed it swallows. */
const asked = [
  'discovery success',
  'discovery success',
  'register success',
  'token success authorization_code',
  'token success refresh_token true',
  'token failure internal refresh_token',
]

describe.each([
  ['1', 'import', 'sdk', 'sdk'],
  ['1', 'require', 'sdk', 'sdk'],
  ['2', 'import', 'server-legacy', 'client'],
  ['2', 'require', 'server-legacy', 'client'],
])('version %s by %s', (version, loading, serverLibrary, clientLibrary) => {
  const env = { VERSION: version, LOADING: loading }
  let sink: Sink
  let run: Awaited<ReturnType<typeof runScript>>
  let plain: typeof run
  beforeAll(async () => {
    const producer = newProducer()
    sink = await startSink(producer)
    run = await runScript({ credentials: producer.write(sink), script: 'mcp/run.mjs', env })
    plain = await runScript({ credentials: null, script: 'mcp/run.mjs', env })
  })
  afterAll(() => sink.close())
  const of = (role: string, library?: string): StoredRecord[] =>
    sink.records().filter(({ attributes }) => {
      const isOf = attributes.get('oauth.role') === role
      const name = attributes.get('oauth.library.name')
      return isOf && (library === undefined || name === `@modelcontextprotocol/${library}`)
    })

  test('the authorization server tells who asked, and why it refused', () => {
    expect(of('authorization_server', serverLibrary).map(saying)).toEqual(served)
    expect(of('authorization_server').map(saying)).toEqual(served)
  })

  test('what a token was used for, by the names that the server has', () => {
    expect(of('resource_server').map(saying)).toEqual(used)
  })

  test('the client has a record of each of its requests', () => {
    expect(of('client', clientLibrary).map(saying)).toEqual(asked)
  })

  test('one token is one hash, where it is issued, taken and used', () => {
    const [issued] = of('authorization_server').filter(({ span }) => span.name === 'oauth.token')
    const hash = issued!.attributes.get('oauth.token.hash')
    const [got] = of('client', clientLibrary).filter(({ span }) => span.name === 'oauth.token')
    expect(got!.attributes.get('oauth.token.hash')).toBe(hash)
    expect(of('resource_server')[1]!.attributes.get('oauth.token.hash')).toBe(hash)
    expect(of('authorization_server')[3]!.attributes.get('oauth.token.hash')).toBe(hash)
  })

  test('nothing secret leaves, and the program is what it was', () => {
    expect(sink.faults).toEqual([])
    expect(Buffer.concat(sink.bodies).toString('latin1')).not.toContain('S3cret')
    expect([run.code, run.stdout, run.stderr]).toEqual([0, plain.stdout, plain.stderr])
  })
})
