import { expect, test } from '@jest/globals'
import { readBeside } from './beside.ts'

function tee(start: (controller: ReadableStreamDefaultController<Uint8Array>) => void) {
  let cancelled: unknown = null
  const source = new ReadableStream<Uint8Array>({
    start,
    cancel: (reason) => {
      cancelled = reason ?? 'cancelled'
    },
  })
  const [main, copy] = source.tee()
  const parts: string[] = []
  const read = (max = Infinity): Promise<boolean> =>
    readBeside(copy, main, (chunk) => parts.push(Buffer.from(chunk).toString()) < max)
  return { main, read, parts, isCancelled: () => cancelled !== null }
}

test('a copy is read to its end, whatever becomes of the other', async () => {
  const { main, read, parts } = tee((controller) => {
    controller.enqueue(Buffer.from('a'))
    controller.enqueue(Buffer.from('b'))
    controller.close()
  })
  expect(await read()).toBe(true)
  expect(parts).toEqual(['a', 'b'])
  expect(await new Response(main).text()).toBe('ab')
})

test('its owner cancels without waiting for us, and the source with it', async () => {
  const { main, read, parts, isCancelled } = tee((controller) =>
    controller.enqueue(Buffer.from('a')),
  )
  const reading = read()
  await main.cancel()
  expect(await reading).toBe(false)
  expect([parts, isCancelled()]).toEqual([['a'], true])
})

test('what its owner has read to the end we have, too', async () => {
  const { main, read, parts } = tee((controller) => {
    controller.enqueue(Buffer.from('a'))
    setImmediate(() => {
      controller.enqueue(Buffer.from('b'))
      controller.close()
    })
  })
  const [isWhole, text] = await Promise.all([read(), new Response(main).text()])
  expect([isWhole, text, parts]).toEqual([true, 'ab', ['a', 'b']])
})

test('no more is read than is wanted', async () => {
  const { main, read, parts } = tee((controller) => {
    for (const text of ['a', 'b', 'c']) controller.enqueue(Buffer.from(text))
    controller.close()
  })
  expect(await read(2)).toBe(false)
  expect(parts).toEqual(['a', 'b'])
  expect(await new Response(main).text()).toBe('abc')
})

test('a broken source is told to both', async () => {
  const error = new Error('broken')
  const { main, read } = tee((controller) => setImmediate(() => controller.error(error)))
  const reading = read()
  await expect(main.getReader().read()).rejects.toBe(error)
  await expect(reading).rejects.toBe(error)
})

test('a stream of a polyfill is left alone', async () => {
  const { main, read, parts } = tee((controller) => controller.close())
  expect(await readBeside(main, { getReader: () => main } as never, () => true)).toBe(false)
  expect(await read()).toBe(true)
  expect(parts).toEqual([])
})
