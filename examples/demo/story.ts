// What the demo tells: on stderr, in colour on a terminal.
import picocolors from 'picocolors'

export interface Story {
  /** A part of the story, with what it means in a sentence. */
  part(title: string, meaning: string): void
  /** `name  value`, below a part. */
  fact(name: string, value: string): void
  /** A fact about the world that holds, or does not. */
  good(text: string): void
  bad(text: string): void
  /** As it stands. */
  say(text: string): void
  /** What is being done, on a line that the next one replaces; on a terminal only. */
  progress(text: string): void
  /** Characters in a line. */
  readonly columns: number
}

const nameColumns = 13
const columnsElsewhere = Infinity

export function createStory(stream: NodeJS.WriteStream): Story {
  const color = stream.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
  const paint = picocolors.createColors(color)
  const columns = stream.columns || columnsElsewhere
  const erase = stream.isTTY ? '\r\x1b[2K' : ''
  let inProgress = false
  let parts = 0
  const line = (text: string): void => {
    stream.write(`${inProgress ? erase : ''}${text}\n`)
    inProgress = false
  }
  return {
    part: (title, meaning) => {
      line(`\n${paint.bold(paint.cyan(`${++parts}  ${title}`))}`)
      line(`   ${paint.dim(meaning)}`)
    },
    fact: (name, value) => line(`   ${paint.dim(name.padEnd(nameColumns))} ${value}`),
    good: (text) => line(`   ${paint.green('✔')} ${text}`),
    bad: (text) => line(`   ${paint.red('✘')} ${text}`),
    say: line,
    progress: (text) => {
      if (!stream.isTTY) return
      stream.write(`${erase}   ${paint.dim(text.slice(0, columns - 4))}`)
      inProgress = true
    },
    columns,
  }
}
