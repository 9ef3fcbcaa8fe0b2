import { describe, expect, test } from '@jest/globals'
import { createPatches } from './exports.ts'
import {
  type AnyFunction,
  defineInstrumentation,
  entryOf,
  type InstrumentedModule,
} from './definition.ts'
import { validates } from './watch.ts'

const hooks = { verify: validates(() => null) }
const module: InstrumentedModule = { name: '@a/library', files: ['dist/index.js'], hooks }

describe('a definition', () => {
  test.each<[string, Partial<InstrumentedModule>, string?]>([
    ['a name with a space', {}, 'a library'],
    ['a module that is a path', { name: './library' }],
    ['an absolute file', { files: ['/dist/index.js'] }],
    ['a hook with a call', { hooks: { 'create()': hooks.verify } }],
    ['a hook of two methods', { hooks: { 'A#b#c': hooks.verify } }],
  ])('with %s is refused', (_, own, name = '@a/library') => {
    const define = () => defineInstrumentation({ name, modules: [{ ...module, ...own }] })
    expect(define).toThrow(expect.objectContaining({ code: 'INSTRUMENTATION_INVALID' }))
  })

  test('without modules is refused', () => {
    expect(() => defineInstrumentation({ name: 'a', modules: [] })).toThrow(/no modules/)
  })

  test.each([
    ['file:///a/node_modules/@a/library/dist/index.js', true],
    ['file:///a/node_modules/.pnpm/x/node_modules/@a/library/dist/index.js', true],
    ['file:///a/node_modules/@a/library/dist/indexXjs', false],
    ['file:///a/node_modules/@a/library/dist/index.js.map', false],
    ['file:///a/node_modules/library/dist/index.js', false],
  ])('of a package fits its file: %s, %j', (url, fits) => {
    expect(entryOf(module).test(url)).toBe(fits)
  })

  test('of a file elsewhere fits that alone', () => {
    const entry = entryOf({ ...module, files: ['file:///a/lib.js'] })
    expect(
      ['file:///a/lib.js', 'file:///b/file:///a/lib.js'].map((url) => entry.test(url)),
    ).toEqual([true, false])
  })

  test('without files fits no import', () => {
    expect(entryOf({ ...module, files: [] }).test('file:///a/node_modules/@a/library')).toBe(false)
  })
})

describe('wrappers are put', () => {
  const make =
    (original: AnyFunction): AnyFunction =>
    (...args) => [original(...args)]
  const one = (): number => 1
  const other = (): number => 2

  test('into exports, and taken out again', () => {
    const patches = createPatches()
    const exports = { verify: one, other }
    expect(patches.apply(exports, { verify: make })).toBe(exports)
    expect([exports.verify(), exports.other()]).toEqual([[1], 2])
    patches.restore()
    expect(exports).toEqual({ verify: one, other })
  })

  test('not over what somebody else has put there since', () => {
    const patches = createPatches()
    const exports = { verify: one }
    patches.apply(exports, { verify: make })
    exports.verify = other
    patches.restore()
    expect(exports.verify).toBe(other)
  })

  test('into a copy of exports that are sealed, and getters are not called for it', () => {
    const patches = createPatches()
    const exports = Object.defineProperties(
      {},
      {
        verify: { get: () => one, enumerable: true },
        lazy: { get: () => expect(true).toBe(false), enumerable: true },
        __esModule: { value: true },
      },
    ) as { verify: () => unknown; __esModule: boolean }
    const copy = patches.apply(exports, { verify: make }) as typeof exports
    expect(copy).not.toBe(exports)
    expect([copy.verify(), exports.verify(), copy.__esModule]).toEqual([[1], 1, true])
    expect(patches.apply(exports, { verify: make })).toBe(copy)
    patches.restore()
    expect(copy.verify()).toBe(1)
  })

  test('into a copy of a member that is sealed, such as a namespace', () => {
    const patches = createPatches()
    const Jwt = Object.freeze({ verify: one, other })
    const exports: { Jwt: { verify: () => unknown; other: () => unknown } } = { Jwt }
    const makes = { 'Jwt.verify': make, 'Jwt.other': make }
    expect(patches.apply(exports, makes)).toBe(exports)
    expect([exports.Jwt.verify(), exports.Jwt.other(), Jwt.verify()]).toEqual([[1], [2], 1])
    patches.restore()
    expect(exports.Jwt).toBe(Jwt)
  })

  test('not into a class that is frozen, and that is said', () => {
    class Verifier {
      verify(): void {}
    }
    Object.freeze(Verifier.prototype)
    const apply = () => createPatches().apply({ Verifier }, { 'Verifier#verify': make })
    expect(apply).toThrow(expect.objectContaining({ code: 'INSTRUMENTATION_INVALID' }))
  })

  test('into what `import` of CommonJS calls default, its copy included', () => {
    const patches = createPatches()
    const sealed = Object.freeze({ verify: one })
    const exports: { default: { verify: () => unknown }; verify: () => unknown } = {
      default: sealed,
      verify: one,
    }
    patches.apply(exports, { verify: make })
    expect([exports.verify(), exports.default.verify(), sealed.verify()]).toEqual([[1], [1], 1])
    expect(exports.default.verify).toBe(exports.verify)
    patches.restore()
    expect(exports).toEqual({ default: sealed, verify: one })
    expect(exports.default).toBe(sealed)
  })

  test('under both names that `import` has for the exports of CommonJS', () => {
    const patches = createPatches()
    const exports = { default: one, 'module.exports': one }
    patches.apply(exports, { default: make })
    expect(exports.default()).toEqual([1])
    expect(exports['module.exports']).toBe(exports.default)
    patches.restore()
    expect(exports).toEqual({ default: one, 'module.exports': one })
  })

  test('in the place of exports that are a function', () => {
    const patches = createPatches()
    expect((patches.apply(one, { default: make }) as AnyFunction)()).toEqual([1])
    expect(patches.areSet()).toBe(true)
  })

  test('into methods, inherited ones too, and those are taken out without a trace', () => {
    class Base {
      #secret = 7
      verify(): number {
        return this.#secret
      }
    }
    class Verifier extends Base {}
    const patches = createPatches()
    patches.apply(
      { Verifier, Base },
      {
        'Verifier#verify': (original) =>
          function (this: unknown) {
            return [original.call(this)]
          },
      },
    )
    expect([new Verifier().verify(), new Base().verify()]).toEqual([[7], 7])
    patches.restore()
    expect([new Verifier().verify(), Object.hasOwn(Verifier.prototype, 'verify')]).toEqual([
      7,
      false,
    ])
  })

  test('nowhere, where there is no such function', () => {
    const patches = createPatches()
    const exports = { verify: 'text', Jwt: null }
    const makes = { verify: make, 'Jwt.verify': make, 'Nothing#verify': make, '#verify': make }
    expect(patches.apply(exports, makes)).toBe(exports)
    expect(patches.areSet()).toBe(false)
  })

  test('once, however often a module is loaded, and once for a function of two names', () => {
    const patches = createPatches()
    const exports = { verify: one, again: { verify: one } }
    patches.apply(exports, { verify: make })
    patches.apply(exports, { verify: make })
    expect(exports.verify()).toEqual([1])
  })
})
