import { describe, expect, test } from '@jest/globals'
import type { Found } from './context.ts'
import { watchStorage } from './storage.ts'

function setUp() {
  const found: Found[] = []
  const errors: unknown[] = []
  class BaseModel {
    static calls: unknown[] = []
    static async verify(stored: unknown, options = {}): Promise<unknown> {
      this.calls.push([this.name, stored, options])
      if (stored === 'bad') throw new TypeError('bad')
      return stored
    }
  }
  class BaseToken extends BaseModel {}
  class AccessToken extends BaseToken {}
  const watch = watchStorage(
    (one) => found.push(one),
    (error) => errors.push(error),
  )
  return { BaseModel, BaseToken, AccessToken, watch, found, errors }
}

describe('what is read from the storage', () => {
  test('is seen once, with its kind, and passed on as it is', async () => {
    const { BaseModel, BaseToken, AccessToken, watch, found } = setUp()
    watch({ BaseToken })
    watch({ BaseToken })
    const stored = Object.freeze({ jti: 'x', kind: 'AccessToken' })
    expect(await AccessToken.verify(stored, { ignoreExpiration: true })).toBe(stored)
    expect(await AccessToken.verify({ jti: 'y' })).toEqual({ jti: 'y' })
    expect(BaseModel.calls[0]).toEqual(['AccessToken', stored, { ignoreExpiration: true }])
    expect(found.map(({ kind, stored: { jti } }) => [kind, jti])).toEqual([
      ['AccessToken', 'x'],
      ['AccessToken', 'y'],
    ])
    expect([BaseModel.verify.length, BaseModel.verify.name]).toEqual([1, 'verify'])
  })

  test('may be inherited, by models that are given their own later, as in 9.0', async () => {
    class Format {
      static async verify(stored: unknown): Promise<unknown> {
        return stored
      }
    }
    class BaseModel extends Format {}
    class BaseToken extends BaseModel {}
    const { watch, found, errors } = setUp()
    watch({ BaseToken })
    expect(await BaseToken.verify({ kind: 'AccessToken' })).toEqual({ kind: 'AccessToken' })
    const own = async (): Promise<string> => 'own'
    BaseToken.verify = own
    BaseModel.verify = own
    expect([await BaseToken.verify({}), BaseModel.verify]).toEqual(['own', own])
    expect([found.length, errors]).toEqual([1, []])
  })

  test('fails as it would', async () => {
    const { BaseToken, AccessToken, watch, found, errors } = setUp()
    watch({ BaseToken })
    await expect(AccessToken.verify('bad')).rejects.toThrow('bad')
    expect([found, errors]).toEqual([[], []])
  })

  test('may have getters that throw', async () => {
    const { BaseToken, AccessToken, watch, found, errors } = setUp()
    watch({ BaseToken })
    const hostile = {
      get kind(): never {
        throw new Error('getter')
      },
    }
    expect(await AccessToken.verify(hostile)).toBe(hostile)
    expect([found, errors]).toEqual([[], [new Error('getter')]])
  })

  test.each([[{}], [{ BaseToken: 1 }], [{ BaseToken: class {} }]])(
    'is not seen where models are not as expected: %p',
    (provider) => {
      const { watch, errors } = setUp()
      expect(() => watch(provider)).not.toThrow()
      expect(errors).toEqual([])
    },
  )
})
