// Claims on what users install: what an entry drags in, what a package exports, what it ships.
import { describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isTest, listFiles, root } from '../tidy/source.ts'
import { type Package, entryOf, graphOf, listPackages } from './graph.ts'

const packages = listPackages()

/** Libraries that the SDK instruments. Importing one would load a second copy, or the only one. */
const INSTRUMENTED = `
  oidc-provider openid-client oauth4webapi jose jsonwebtoken @node-oauth/oauth2-server oauth2-server
  oauth2orize better-auth next-auth passport passport-oauth2 express-oauth2-jwt-bearer
  express-openid-connect express fastify koa hono express-jwt koa-jwt fast-jwt @fastify/jwt jwks-rsa
  @modelcontextprotocol/sdk @modelcontextprotocol/server @modelcontextprotocol/express
`
  .trim()
  .split(/\s+/)

/** The package name of a specifier: `@a/b/c` → `@a/b`. */
const nameOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

const withPlaces = (modules: Map<string, string>, isBad: (name: string) => boolean): string[] =>
  [...modules].filter(([name]) => isBad(name)).map(([name, place]) => `${place}: ${name}`)

describe('what an import drags in', () => {
  test.each([
    '@grantlog/record',
    '@grantlog/record/ecs',
    '@grantlog/record/scrub',
    '@grantlog/record/otlp',
    '@grantlog/tlog',
  ])('%s runs in a browser: no module of Node, and no dependency', (entry) => {
    expect([...graphOf(entry).modules]).toEqual([])
  })

  test.each(Object.keys(manifestOf('sdk').exports))('sdk %s has no code of the server', (key) => {
    const { files } = graphOf(`@grantlog/sdk${key.slice(1)}`)
    expect(files.filter((path) => /^packages\/(ledger|receiver|cli)\//.test(path))).toEqual([])
  })

  test.each(['console', 'detect'])('`grantlog %s` loads nothing of what receives', (command) => {
    const { files } = graphOf(`packages/cli/src/commands/${command}.ts`)
    expect(files).toContain('packages/ledger/src/index.ts')
    expect(
      files.filter((path) => /^packages\/receiver\/src\/(index|start)\.ts/.test(path)),
    ).toEqual([])
  })

  test.each(Object.keys(manifestOf('sdk').exports))(
    'sdk %s imports types alone of the libraries it instruments',
    (key) => {
      const { modules } = graphOf(`@grantlog/sdk${key.slice(1)}`)
      expect(withPlaces(modules, (name) => INSTRUMENTED.includes(nameOf(name)))).toEqual([])
    },
  )

  test.each(packages.map(({ manifest }) => manifest.name))(
    '%s declares every module that it runs',
    (name) => {
      const { folder, manifest } = packages.find((one) => one.manifest.name === name)!
      const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
      const undeclared = sourcesOf(folder).flatMap((path) =>
        withPlaces(graphOf(path).modules, (module) => !module.startsWith('node:'))
          .filter((place) => place.startsWith(`${folder}/`))
          // The page is bundled: what it runs ships within.
          .filter((place) => !place.startsWith('packages/console/src/web/'))
          .filter((place) => !/\/testing(\/|\.ts).*@jest\/globals$/.test(place))
          .filter((place) => !declared.includes(nameOf(place.split(': ')[1]!))),
      )
      expect([...new Set(undeclared)]).toEqual([])
    },
  )

  test('the walk sees through packages and skips types', () => {
    const { files, modules } = graphOf('test/surface/graph.ts')
    expect(files).toContain('test/tidy/source.ts')
    expect([...modules.keys()]).toContain('node:child_process')
  })
})

describe.each(packages)('$manifest.name', ({ folder, manifest }) => {
  test('every export is one source file, and the build of that file', () => {
    const sources = Object.entries(manifest.exports).map(([key, target]) => {
      const source = target['@grantlog/source']!
      const built = source.replace('./src/', './dist/').replace(/\.ts$/, '')
      expect({ key, target }).toEqual({
        key,
        target: { '@grantlog/source': source, types: `${built}.d.ts`, default: `${built}.js` },
      })
      // The name of an export is the name of its file.
      const file = key === '.' ? 'index' : key.slice(2)
      expect([`./src/${file}.ts`, `./src/${file}/index.ts`]).toContain(source)
      expect(existsSync(join(root, entryOf(manifest.name + key.slice(1))!))).toBe(true)
      return source
    })
    expect(new Set(sources).size).toBe(sources.length)
  })

  test('it ships its build and nothing of the workshop', () => {
    const paths = packedFiles({ folder, manifest })
    expect(paths).toContain('package.json')
    const isWorkshop = /\.test\.|tsbuildinfo|^src\/|^test\/|^scripts\/|\.env|tsconfig/
    expect(paths.filter((path) => isWorkshop.test(path))).toEqual([])
    // Contract tests may stay at home: `./testing` is for the workspace.
    const built = Object.entries(manifest.exports)
      .filter(([key]) => key !== './testing')
      .flatMap(([, target]) => [target.types!, target.default!])
      .map((path) => path.slice('./'.length))
      .filter((path) => existsSync(join(root, folder, path)))
    expect(paths).toEqual(expect.arrayContaining(built))
  })
})

test('proofs have their second verifier with them', () => {
  const ledger = packages.find(({ folder }) => folder === 'packages/ledger')!
  expect(packedFiles(ledger)).toContain('assets/verify.py')
})

function manifestOf(name: string): Package['manifest'] {
  return packages.find(({ folder }) => folder === `packages/${name}`)!.manifest
}

function sourcesOf(folder: string): string[] {
  return listFiles().filter(
    (path) => path.startsWith(`${folder}/src/`) && path.endsWith('.ts') && !isTest(path),
  )
}

/** The paths inside the tarball that npm would publish. */
function packedFiles({ folder }: Package): string[] {
  const flags = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const { stdout, stderr } = spawnSync('npm', flags, { cwd: join(root, folder), encoding: 'utf8' })
  // npm 11 prints a list of tarballs, npm 12 an object of them by name.
  const tarballs = Object.values(JSON.parse(stdout || '{}')) as { files: { path: string }[] }[]
  if (tarballs.length !== 1) throw new Error(`npm pack: ${stderr}`)
  return tarballs[0]!.files.map(({ path }) => path)
}
