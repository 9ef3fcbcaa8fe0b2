import { randomBytes } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { secretNames } from './names.ts'
import { createTextScrubber } from './text.ts'

const scrub = createTextScrubber(secretNames())

const jwt =
  'eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLXNpZ25hdHVyZS1zaWduYXR1cmU'
const jwe = 'eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.abcd.efgh.ijkl.mnop'
const uid = 'Xy3_kQ9-vLw2ZtR8bNc1a'

describe('what is secret goes, and all around it stays', () => {
  test.each([
    // Parameters.
    ['code=abc&iss=x', 'code=REDACTED&iss=x'],
    ['?code=abc&state=d%20e&iss=x', '?code=REDACTED&state=REDACTED&iss=x'],
    ['/cb?iss=x&code=abc', '/cb?iss=x&code=REDACTED'],
    [
      'https://rp.example/cb#access_token=abc&token_type=Bearer',
      'https://rp.example/cb#access_token=REDACTED&token_type=Bearer',
    ],
    ['/cb?CODE=abc', '/cb?CODE=REDACTED'],
    ['/cb?%63od%65=abc&x=1', '/cb?%63od%65=REDACTED&x=1'],
    ['/cb?user[password]=abc', '/cb?user[password]=REDACTED'],
    ['/cb?user%5Bpassword%5D=abc', '/cb?user%5Bpassword%5D=REDACTED'],
    ['/cb?x=1&amp;code=abc&amp;y=2', '/cb?x=1&amp;code=REDACTED&amp;y=2'],
    ['/cb;jsessionid=abc', '/cb;jsessionid=REDACTED'],
    ['GET /cb?code=abc HTTP/1.1', 'GET /cb?code=REDACTED HTTP/1.1'],
    ['<a href="/cb?code=abc">', '<a href="/cb?code=REDACTED">'],
    ['/cb?code=&state=', '/cb?code=&state='],
    ['/cb?code=a=b==&x=1', '/cb?code=REDACTED&x=1'],
    ['SAMLResponse=abc&RelayState=def', 'SAMLResponse=REDACTED&RelayState=REDACTED'],
    // A URL inside a parameter, and one inside that.
    [
      '/go?to=https%3A%2F%2Frp%2Fcb%3Fcode%3Dabc%26state%3Ddef%26iss%3Dx&y=1',
      '/go?to=https%3A%2F%2Frp%2Fcb%3Fcode%3DREDACTED%26state%3DREDACTED%26iss%3Dx&y=1',
    ],
    ['/go?to=%2Fcb%3Fcode%3Da%2526b&y=1', '/go?to=%2Fcb%3Fcode%3DREDACTED&y=1'],
    [
      '/go?to=%2Fgo%3Fto%3D%252Fcb%253Fcode%253Dabc%2526iss%253Dx',
      '/go?to=%2Fgo%3Fto%3D%252Fcb%253Fcode%253DREDACTED%2526iss%253Dx',
    ],
    ['/go?to=code%3dabc%26x%3d1', '/go?to=code%3dREDACTED%26x%3d1'],
    ['/go?to=https://rp/cb?code=abc', '/go?to=https://rp/cb?code=REDACTED'],
    // Texts: URLs in sentences, dumps of objects, command lines, logs.
    ["fetch of 'https://rp/cb?code=abc' failed", "fetch of 'https://rp/cb?code=REDACTED failed"],
    ['{"access_token":"abc","expires_in":60}', '{"access_token":"REDACTED","expires_in":60}'],
    ['{"refresh_token": "a\\"bc"}', '{"refresh_token": "REDACTED"}'],
    ['{\\"id_token\\":\\"abc\\",\\"x\\":1}', '{\\"id_token\\":\\"REDACTED\\",\\"x\\":1}'],
    ["{ client_secret: 'abc', x: 1 }", "{ client_secret: 'REDACTED', x: 1 }"],
    ["{ Cookie: 'sid=abc' }", "{ Cookie: 'REDACTED' }"],
    [
      '{"redirect_to":"/cb?code=abc\\u0026state=def"}',
      '{"redirect_to":"/cb?code=REDACTED\\u0026state=REDACTED"}',
    ],
    ['login failed access_token=abc user=ada', 'login failed access_token=REDACTED user=ada'],
    ['login --client-secret=abc --port=1', 'login --client-secret=REDACTED --port=1'],
    ["WHERE password = 'a b' AND x=1", "WHERE password = 'REDACTED' AND x=1"],
    [`{"code":"${uid}","state":"open"}`, '{"code":"REDACTED","state":"open"}'],
    [
      '{"u":"/cb?code\\u003dabc\\u0026x\\u003d1"}',
      '{"u":"/cb?code\\u003dREDACTED\\u0026x\\u003d1"}',
    ],
    [`exit state=${uid}, code=7`, 'exit state=REDACTED, code=7'],
    ["/cb?code='a'b&x=1", '/cb?code=REDACTED&x=1'],
    ["password='a b' or more", "password='REDACTED' or more"],
    [
      '?x=%7B%22access_token%22%3A%22a%20bc%22%2C%22y%22%3A1%7D',
      '?x=%7B%22access_token%22%3A%22REDACTED%22%2C%22y%22%3A1%7D',
    ],
    ['/cb?code=%22abc&x=1', '/cb?code=REDACTED&x=1'],
    // As programs and their dumps have them.
    ["{ accessToken: 'abc' }", "{ accessToken: 'REDACTED' }"],
    ['{"refreshToken":"abc","a":1}', '{"refreshToken":"REDACTED","a":1}'],
    ['/cb?clientSecret=abc&x=1', '/cb?clientSecret=REDACTED&x=1'],
    ['access_token = abc, x', 'access_token = REDACTED x'],
    ["password = 'a b' or more", "password = 'REDACTED' or more"],
    ["{ 'x-access-token': 'abc' }", "{ 'x-access-token': 'REDACTED' }"],
    ["{ 'set-cookie': [ 'sid=a]bc; Path=/', 'b=c' ], x: 1 }", "{ 'set-cookie': [REDACTED], x: 1 }"],
    ['{"access_token":["a\\"]b","c"],"x":[1]}', '{"access_token":[REDACTED],"x":[1]}'],
    ['{\\"id_token\\":[\\"a]b\\"],\\"x\\":1}', '{\\"id_token\\":[REDACTED],\\"x\\":1}'],
    ['{"access_token":["abc', '{"access_token":[REDACTED'],
    [
      'HTTP/1.1 200 OK\r\nSet-Cookie: sid=abc; Path=/\r\nX-Auth-Token: abcdefghijklmnop\r\n\r\n',
      'HTTP/1.1 200 OK\r\nSet-Cookie: REDACTED\r\nX-Auth-Token: REDACTED\r\n\r\n',
    ],
    ['cookie: a=b; c=d', 'cookie: REDACTED'],
    // Credentials by their form.
    [`token is ${jwt}, sorry`, 'token is REDACTED, sorry'],
    [`x=${jwe}`, 'x=REDACTED'],
    [`/reset%2F${jwt}`, '/reset%2FREDACTED'],
    [`session_${jwt.slice(0, 60)}`, 'session_REDACTED'],
    [`{"a":"${Buffer.from('{ "alg":"none"}').toString('base64url')}.e30x."}`, '{"a":"REDACTED"}'],
    ['Bearer xyz', 'Bearer REDACTED'],
    ['authorization: bearer a.b/c+d== and more', 'authorization: bearer REDACTED and more'],
    ['Bearer Bearer xyz', 'Bearer Bearer REDACTED'],
    ['DPoP xyz, x', 'DPoP REDACTED, x'],
    ['Basic dXNlcjpwYXNz', 'Basic REDACTED'],
    ['basic dXNlcjpwYXNz', 'basic REDACTED'],
    ['?auth=Bearer%20xyz&x=1', '?auth=Bearer%20REDACTED&x=1'],
    ['?auth%3DBearer%2520xyz', '?auth%3DBearer%2520REDACTED'],
    // Other parts of URLs.
    ['https://user:pa@ss@db.example/x', 'https://REDACTED@db.example/x'],
    ['postgres://user:pass@db', 'postgres://REDACTED@db'],
    ['?to=https%3A%2F%2Fuser%3Apass%40db%2Fx', '?to=https%3A%2F%2FREDACTED%40db%2Fx'],
    [`/interaction/${uid}`, '/interaction/REDACTED'],
    [`GET /auth/${uid}?x=1`, 'GET /auth/REDACTED?x=1'],
    [
      `https://login.example/interaction/${uid}/login`,
      'https://login.example/interaction/REDACTED/login',
    ],
    [`?to=%2Finteraction%2F${uid}%2Flogin`, '?to=%2Finteraction%2FREDACTED%2Flogin'],
    [`no page at (/interaction/${uid}).`, 'no page at (/interaction/REDACTED).'],
    ['/users/550e8400-e29b-41d4-a716-446655440000/x', '/users/REDACTED/x'],
  ])('%s', (text, clean) => {
    expect(scrub(text)).toBe(clean)
    expect(scrub(clean)).toBe(clean)
  })
})

describe('what is harmless stays as it is', () => {
  test.each([
    '',
    'GET',
    '127.0.0.1',
    '::ffff:127.0.0.1',
    'https://login.example/.well-known/openid-configuration',
    'https://login.example:8443/auth?client_id=web&scope=openid%20orders&response_type=code',
    '?redirect_uri=https%3A%2F%2Fshop.example%2Fcallback&prompt=login',
    '/api/listAllCustomerOrders/2026-annual-report/v2',
    '/oauth2-redirect-handler/openid-configuration',
    '/orders/12345678901234567890',
    '/assets/chunk-4f3a9bce1d2e3f40.js',
    '/node_modules/.pnpm/import-in-the-middle@3.6.0/index.js',
    'at run (file:///srv/Xy3_kQ9-vLw2ZtR8bNc1a/server.js:10:5)',
    'arn:aws:elasticloadbalancing:eu:1:targetgroup/web/73e2d6bc24d8a067',
    'SELECT * FROM users WHERE state=$1 AND code = 7',
    'connect ECONNREFUSED 127.0.0.1:5432 code=14',
    "{ code: 'ECONNREFUSED', state: 'open' }",
    'Unexpected token < in JSON at position 0',
    'password: must have eight characters',
    'cookie: must be set',
    'authorization: header is missing',
    'authorization: required',
    '{ codes: [1, 2], tokens: [], state: [ 1 ] }',
    'Bearer token is missing',
    'Bearer realm="api", error="invalid_token"',
    'a basic example, and basic auth',
    'DPoP proof required.',
    'primaryKeyJoin.column.name',
    'eyJpZCI6MTIzNDU2Nzg5MH0',
    'error_code=1&code_challenge_method=S256&estate=x&postcode=1',
    '"double" <b>quoted</b> & #1; 100% =:=',
    '%',
    '%E2%9C%93 \u2713 \u{1f600} \ud800',
  ])('%s', (text) => {
    expect(scrub(text)).toBe(text)
  })
})

test("names of one's own are secret everywhere", () => {
  const own = createTextScrubber(secretNames(['Voucher-Code']))
  expect(own('/x?voucher_code=abc&voucher=1')).toBe('/x?voucher_code=REDACTED&voucher=1')
  expect(own('{ voucherCode: "a", "voucher-code": "b" }')).toContain('"voucher-code": "REDACTED"')
})

// Quadratic time would take minutes for each of these.
test.each([
  ...[
    '=',
    ':',
    '&',
    'a=',
    'code=',
    'code="',
    'code=x&',
    '%3D',
    '%3A%22',
    'password%3A%22',
    '%3Fcode%3D',
    '%25',
    '%',
    '%2525',
  ],
  ...['eyJ', 'eyJhIjox', 'eyJhIjox.', 'ey.', 'a.', 'Bearer ', 'bearer', 'basic+', ' ', "'", '\\"'],
  ...['://', '/', '/a', 'http://', 'a@', '://a@', '%3A%2F%2F', '%3A%2F%2Fa%40', '%2F', '-', 'aB'],
  ...['/aB3aB3aB3aB3aB3aB3aB3', '[', '"a":"', 'password: "', '\\u0026', 'token=\\u0026', 'aAaa'],
  ...[
    '{state=',
    "password='a'",
    "{state='a'",
    "{state='",
    '{state:"',
    "(code='\\\\",
    ' code=aB3',
    'code\\\\u003d',
    '{code="\\\\"',
  ],
])('a megabyte of %j is no trouble', (part) => {
  const text = part.repeat(Math.ceil((1024 * 1024) / part.length))
  expect(typeof scrub(text)).toBe('string')
})

test('random megabytes neither', () => {
  const alphabet = '=&?#:/%25eyJ.aB3 "\'@\\'
  const bytes = randomBytes(1024 * 1024)
  const text = Array.from(bytes, (byte) => alphabet[byte % alphabet.length]).join('')
  expect(scrub(scrub(text))).toBe(scrub(text))
})
