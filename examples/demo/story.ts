// What the demo tells: on stderr, in colour on a terminal.
import picocolors from 'picocolors'

export interface Story {
  /** A numbered step, with what it means in a sentence. */
  step(number: number, title: string, meaning: string): void
  /** `name  value`, below a step. */
  fact(name: string, value: string): void
  good(text: string): void
  bad(text: string): void
  say(text: string): void
}

const nameColumns = 13

export function createStory(stream: NodeJS.WriteStream): Story {
  const color = stream.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
  const paint = picocolors.createColors(color)
  const line = (text: string): void => void stream.write(`${text}\n`)
  return {
    step: (number, title, meaning) => {
      line(`\n${paint.bold(paint.cyan(`${number}  ${title}`))}`)
      line(`   ${paint.dim(meaning)}`)
    },
    fact: (name, value) => line(`   ${paint.dim(name.padEnd(nameColumns))} ${value}`),
    good: (text) => line(`   ${paint.green('✔')} ${text}`),
    bad: (text) => line(`   ${paint.red('✘')} ${text}`),
    say: (text) => line(text),
  }
}
