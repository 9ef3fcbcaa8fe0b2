// What is offered at each place of a query, and what it takes the place of.
import { describe, expect, test } from '@jest/globals'
import { complete, quoted } from './complete.ts'
import { parseQuery } from './parse.ts'

const words = [
  { value: 'web', count: 9 },
  { value: 'worker', count: 4 },
  { value: 'two words', count: 1 },
]
const valuesOf = () => Promise.resolve(words)

/** `|` is the caret; gives what the query would be with each suggestion. */
async function offered(marked: string): Promise<string[]> {
  const at = marked.indexOf('|')
  const text = marked.replace('|', '')
  const { from, suggestions, to } = await complete(text, at, { most: 5, valuesOf })
  return suggestions.map((one) => text.slice(0, from) + one.text + text.slice(to))
}

describe('offers', () => {
  test.each([
    ['cli|', 'client:'],
    ['outcome:denied cli|', 'outcome:denied client:'],
    ['-cli|', '-client:'],
    ['(cli|', '(client:'],
    ['client:|', 'client:web'],
    ['client:wo|', 'client:worker'],
    ['client:WO|', 'client:worker'],
    ['client:w|eb outcome:denied', 'client:web outcome:denied'],
    ['client:two|', 'client:"two words"'],
    ['client:"two|', 'client:"two words"'],
    ['client:web,wor|', 'client:web,worker'],
    ['outcome:den|', 'outcome:denied'],
    ['after:|', 'after:-15m'],
    ['oauth.client.i|', 'oauth.client.id:'],
    ['grant t|', 'grant token:'],
    ['a o|', 'a outcome:'],
  ])('%s → %s', async (marked, expected) => expect(await offered(marked)).toContain(expected))

  test('nobody is offered the names of people', async () => {
    expect(await offered('user:|')).toEqual([])
    expect(await offered('address:2|')).toEqual([])
  })

  test('at most as many as asked for', async () => expect(await offered('|')).toHaveLength(5))
})

test('a value is written so that it is read as itself', () => {
  for (const value of ['web', 'a b', 'say "hi"', 'a\\b', '*', 'a..b', '>1', '(x)', 'a,b', 'a:b']) {
    expect(parseQuery(`client:${quoted(value)}`)).toEqual({
      field: 'client',
      tests: [{ is: value }],
    })
  }
})
