// Each library as it is installed here: what its hooks change of it, and that nothing of that is
// left. What they tell of it: test/validators.test.ts.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { AnyFunction, InstrumentedModule } from '../defined/definition.ts'
import { startInstrumentation } from '../defined/start.ts'
import { createScopes, type Scopes } from '../scopes.ts'
import { validators } from './validators.ts'

const installed = join(import.meta.dirname, '../../../node_modules')
const require = createRequire(import.meta.url)

const folderOf = (name: string): string =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')

const modules = validators.flatMap((own) => own.modules.map((one) => ({ own, one })))
/** Not what jest loads by `require`: an ES module. */
const loaded = modules.filter(({ one }) => one.name !== 'jose')

function load({ name }: InstrumentedModule): object {
  return require(join(installed, name)) as object
}

/** The functions that are watched, by their targets. */
function watched(exports: object, { hooks }: InstrumentedModule): Map<string, AnyFunction> {
  const all = new Map<string, AnyFunction>()
  for (const target of Object.keys(hooks)) {
    const path = target.replace('#', '.prototype.').split('.')
    const found = [exports, ...(target === 'default' ? [{ default: exports }] : [])]
      .map((root) => path.reduce<unknown>((at, key) => Reflect.get(Object(at), key), root))
      .findLast((one) => typeof one === 'function')
    if (found !== undefined) all.set(target, found as AnyFunction)
  }
  return all
}

function hooksOf(one: (typeof modules)[number], scopes: Scopes = createScopes()) {
  const errors: unknown[] = []
  const hooks = startInstrumentation(
    { ...one.own, modules: [one.one] },
    {
      begin: () => ({ record: () => undefined, lose: (error) => errors.push(error) }),
      ...{ scopes, roleClaims: [], onError: (error) => errors.push(error) },
    },
  )
  return { hooks, errors }
}

test('what `import` loads of each is there', () => {
  const missing = modules.filter(({ one }) => {
    const folder = join(installed, folderOf(one.name))
    return one.files.length > 0 && !one.files.some((file) => existsSync(join(folder, file)))
  })
  expect(missing.map(({ one }) => one.name)).toEqual([])
})

describe.each(loaded.map((one) => [one.one.name, one] as const))('%s', (_, one) => {
  test('its functions keep name and arity, and are themselves again afterwards', () => {
    const exports = load(one.one)
    const before = watched(exports, one.one)
    const { hooks, errors } = hooksOf(one)
    const given = hooks.libraries[0]!.onLoad(exports as Record<string, unknown>) as object
    const during = watched(given, one.one)
    expect(before.size).toBeGreaterThan(0)
    for (const [target, original] of before) {
      const wrapper = during.get(target)!
      expect(wrapper).not.toBe(original)
      expect([wrapper.name, wrapper.length]).toEqual([original.name, original.length])
    }
    hooks.disable()
    const after = watched(exports, one.one)
    for (const [target, original] of before) expect(after.get(target)).toBe(original)
    expect(errors).toEqual([])
  })
})

describe('hooks that are broken', () => {
  const broken = (): never => {
    throw new Error('of the hook')
  }
  const scopes = { ...createScopes(), served: broken, validating: broken, validate: broken }
  const secret = 'a secret'

  test.each([
    [
      'jsonwebtoken',
      ({ sign, verify }: Record<string, AnyFunction>) =>
        verify!(sign!({ sub: 'ada' }, secret), secret),
    ],
    [
      'fast-jwt',
      ({ createSigner, createVerifier }: Record<string, AnyFunction>) => {
        const [key, cache] = [secret, false]
        const token = (createSigner!({ key }) as AnyFunction)({ sub: 'ada' })
        return (createVerifier!({ key, cache }) as AnyFunction)(token)
      },
    ],
  ])('%s works', (name, run) => {
    const one = modules.find(({ one: own }) => own.name === name)!
    const exports = load(one.one)
    const { hooks, errors } = hooksOf(one, scopes)
    const given = hooks.libraries[0]!.onLoad(exports as Record<string, unknown>)
    expect(run(given as Record<string, AnyFunction>)).toMatchObject({ sub: 'ada' })
    hooks.disable()
    expect(errors.map(String)).toContain('Error: of the hook')
  })
})
