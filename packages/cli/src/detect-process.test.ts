import { expect, jest, test } from '@jest/globals'
import { detectProcess } from './detect-process.ts'

test('a process that cannot be made is told and tried again, and ends nothing', async () => {
  jest.useFakeTimers()
  const told: unknown[] = []
  // An argument with a zero byte is one that `fork` throws for at once.
  const detection = detectProcess({ args: ['\0'], log: (event) => void told.push(event) })
  try {
    detection.start()
    await jest.advanceTimersByTimeAsync(1_000)
    expect(told).toMatchObject([
      { code: 'DETECT_ENDED', againMs: 1_000 },
      { code: 'DETECT_ENDED', againMs: 2_000 },
    ])
    await detection.stop()
    await jest.advanceTimersByTimeAsync(10_000)
    expect(told).toHaveLength(2)
  } finally {
    jest.useRealTimers()
  }
})
