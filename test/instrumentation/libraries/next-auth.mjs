// next-auth: version 4 as a handler on Express; version 5 as Next.js has it, copied into the
// application by a bundler, where no hook sees it and its configuration is handed over.
import { mkdtemp } from 'node:fs/promises'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { auditedAuth } from '@grantlog/sdk/bundled'
import { basePath, configurationOf, origin, visitAll } from '../application/auth-site.mjs'
import { defaultOf } from '../application/guarded.mjs'

/** Next.js itself is not in the bundle; its own loader knows its files without their ends. */
const beside = {
  name: 'next',
  setup: (build) =>
    build.onResolve({ filter: /^next\/\w+$/ }, ({ path }) => ({
      ...{ path: `${path}.js`, external: true },
    })),
}

async function bundled({ esbuild }) {
  const folder = await mkdtemp(join(dirname(process.argv[1]), 'bundle-'))
  const outfile = join(folder, 'site.mjs')
  const contents = `
    export { default } from 'next-auth'
    export { skipCSRFCheck } from '@auth/core'
  `
  await defaultOf(esbuild).build({
    ...{ stdin: { contents, resolveDir: folder }, outfile, plugins: [beside] },
    ...{ bundle: true, format: 'esm', platform: 'node', logLevel: 'silent' },
  })
  return import(pathToFileURL(outfile).href)
}

async function flowOf5(modules, app) {
  const { default: NextAuth, skipCSRFCheck } = await bundled(modules)
  const logged = []
  const config = { ...configurationOf(app, logged), skipCSRFCheck }
  const { handlers } = NextAuth(auditedAuth(config))
  const send = (url, options) => handlers[options.method](new Request(url, options))
  await visitAll(app, { send, logged })
}

async function flowOf4(modules, app) {
  process.env.NEXTAUTH_URL = origin + basePath
  const express = defaultOf(modules.express)
  const logged = []
  const own = { type: 'oauth', idToken: true, checks: ['state', 'pkce'] }
  const profile = ({ sub }) => ({ id: sub })
  const config = configurationOf(app, logged, { ...own, profile })
  // CommonJS that was an ES module: `import` gives what it exports as `default`.
  const handler = defaultOf(defaultOf(modules['next-auth']))(config)
  const shop = express()
  shop.use(express.urlencoded({ extended: false }))
  shop.use(basePath, (request, response) => {
    request.query.nextauth = request.path.slice(1).split('/')
    const pairs = (request.headers.cookie ?? '').split('; ').map((one) => one.split('='))
    const decoded = pairs.map(([name, value = '']) => [name, decodeURIComponent(value)])
    request.cookies = Object.fromEntries(decoded)
    return handler(request, response)
  })
  const server = createServer(shop)
  await visitAll(app, { base: await app.listen(server), logged, hasCsrf: true })
  app.close(server)
}

const refused = { 'oauth.error.code': 'invalid_grant', 'oauth.client.id': 'site' }

function recordsOf4() {
  const about = { 'oauth.library.name': 'openid-client', 'oauth.role': 'client' }
  return [
    ['oauth.token', 'success', { ...about, 'user.id': 'ada', 'oauth.client.id': 'site' }],
    ['oauth.authorize', 'failure', { ...about, 'oauth.error.reason': 'state_mismatch' }],
    ['oauth.token', 'failure', { ...about, ...refused }],
  ]
}

function recordsOf5() {
  const about = { 'oauth.library.name': '@auth/core', 'oauth.role': 'client' }
  const asked = { 'oauth.library.name': 'fetch', 'oauth.role': 'client' }
  const failed = ['oauth.login', 'failure', about]
  return [
    ['oauth.token', 'success', { ...asked, 'user.id': 'ada', 'oauth.client.id': 'site' }],
    ['oauth.login', 'success', { ...about, 'user.id': 'ada', 'oauth.client.id': 'site' }],
    ['oauth.end_session', 'success', about],
    ...[failed, failed],
    ['oauth.token', 'failure', { ...asked, ...refused }],
    failed,
  ]
}

const react = { react: '19.2.0', 'react-dom': '19.2.0' }
const four = { ways: ['import', 'require'], lacks: ['esbuild'], note: 'those of openid-client 5' }
const five = {
  ...{
    ways: ['import', 'require'],
    lacks: ['next-auth', 'express'],
    note: 'bundled, by `auditedAuth`',
  },
  beside: { ...react, next: '16.0.0', esbuild: '0.25.12' },
}

export const library = {
  name: 'next-auth',
  modules: ['next-auth', 'express', 'esbuild'],
  versions: [
    {
      ...four,
      version: '4.1.0',
      beside: { express: '4.22.3', react: '17.0.2', 'react-dom': '17.0.2' },
    },
    { ...four, version: '4.24.15', beside: { express: '4.22.3', ...react, next: '16.0.0' } },
    { ...five, version: '5.0.0-beta.25', beside: { ...five.beside, next: '15.5.6' } },
    { ...five, version: '5.0.0-beta.32' },
  ],
  adds: 'who logged in and out, by its events and its errors',
  flow: (modules, app) => (app.major < 5 ? flowOf4(modules, app) : flowOf5(modules, app)),
  records: ({ major }) => (major < 5 ? recordsOf4() : recordsOf5()),
}
