// Guarantee: whoever sends much at a time waits for others no less than they for him.
import { describe, expect, test } from '@jest/globals'
import type { Work } from '@grantlog/record/otlp'
import { FREE_TURN_BYTES, TURN_MS } from './limits.ts'
import { createTurns, type TurnClock } from './turns.ts'

/** Work of so many slices; tells of each. */
function* slices(name: string, count: number, told: string[]): Work<string> {
  for (let at = 0; at < count; at++) {
    told.push(name)
    yield
  }
  return name
}

/** Each look at it is a slice later; `turn` is one of the event loop. */
function manualClock(): TurnClock & { turn(): boolean } {
  let ms = 0
  const due: (() => void)[] = []
  return {
    now: () => (ms += TURN_MS),
    next: (slice) => void due.push(slice),
    turn() {
      due.shift()?.()
      return due.length > 0
    },
  }
}

const large = FREE_TURN_BYTES + 1

describe('senders by turns', () => {
  test('one that has much to do gets every other turn beside another', async () => {
    const clock = manualClock()
    const turns = createTurns(clock)
    const told: string[] = []
    const ofMuch = turns.paceOf('much')
    const done = [
      ofMuch(slices('a', 6, told), large),
      ofMuch(slices('b', 6, told), large),
      turns.paceOf('little')(slices('x', 2, told), large),
    ]
    // The first began at once, for nobody waited.
    expect(told).toEqual(['a'])
    while (clock.turn());
    expect(told.slice(1, 6)).toEqual(['a', 'x', 'b', 'x', 'a'])
    expect(await Promise.all(done)).toEqual(['a', 'b', 'x'])
    expect(turns.waiting).toBe(0)
  })

  test.each([
    ['at the limit', FREE_TURN_BYTES, ['a', 'x']],
    ['over it', large, ['a']],
  ])('what is small begins at once, %s', (_what, bytes, begun) => {
    const turns = createTurns(manualClock())
    const told: string[] = []
    void turns.paceOf('much')(slices('a', 9, told), large)
    void turns.paceOf('little')(slices('x', 1, told), bytes)
    expect(told).toEqual(begun)
  })

  test('what throws rejects, and harms nobody else', async () => {
    const clock = manualClock()
    const turns = createTurns(clock)
    const told: string[] = []
    function* broken(): Work<never> {
      yield
      yield
      throw new Error('broken')
    }
    const failed = turns.paceOf('one')(broken(), large)
    const good = turns.paceOf('two')(slices('x', 3, told), large)
    const outcome = expect(failed).rejects.toThrow('broken')
    while (clock.turn());
    await outcome
    expect(await good).toBe('x')
    expect(turns.waiting).toBe(0)
  })
})
