// One step of a proof: whether it holds, what it proves, and what went into it.
import type { ReactNode } from 'react'
import { Icon, type IconName } from '../parts/icon.tsx'
import { CopyButton, Hash, Value } from '../parts/value.tsx'
import { PathView } from './path-view.tsx'
import { type Input, type Step, stepTexts } from './step.ts'

const states = {
  passed: { icon: 'check', word: 'holds' },
  failed: { icon: 'cross', word: 'failed' },
  skipped: { icon: 'minus', word: 'not checked' },
  open: { icon: 'question', word: 'nobody vouches' },
} as const satisfies Record<Step['state'], { icon: IconName; word: string }>

interface StepViewProps {
  readonly step: Step
  /** From 0: they come one after the other, where motion is allowed. */
  readonly at: number
}

export function StepView({ step, at }: StepViewProps): ReactNode {
  const { id, inputs, paths, state, why } = step
  const { icon, word } = states[state]
  const { proves, title } = stepTexts[id]
  const isOpenable = inputs.length + paths.length > 0
  const head = (
    <>
      <span className="step-state" data-state={state}>
        <Icon name={icon} />
      </span>
      <span className="step-words">
        <span className="step-title">
          {title} <span className="unseen">: {word}</span>
        </span>
        <span className="step-proves">{proves}</span>
        <span className="step-why" data-state={state}>
          {state === 'passed' ? '' : `${word}: `}
          <Value text={why} wraps />
        </span>
      </span>
    </>
  )
  return (
    <li className="step" style={{ animationDelay: `${at * 60}ms` }}>
      {isOpenable ? (
        <details open={state === 'failed'}>
          <summary>
            {head}
            <Icon name="down" />
          </summary>
          <div className="step-body">
            {inputs.map((input) => (
              <InputView key={input.name} input={input} />
            ))}
            {paths.map((path) => (
              <PathView key={path.index} path={path} />
            ))}
          </div>
        </details>
      ) : (
        <div className="step-plain">{head}</div>
      )}
    </li>
  )
}

const marks = {
  fits: { icon: 'check', word: 'fits' },
  differs: { icon: 'cross', word: 'does not fit' },
  closed: { icon: 'blocked', word: 'withheld or erased' },
} as const

function InputView({ input }: { readonly input: Input }): ReactNode {
  const { form, mark, name, value } = input
  return (
    <div className="input-shown">
      <div className="input-name">
        <span>{name}</span>
        {mark === undefined ? null : (
          <span className="input-mark" data-mark={mark}>
            <Icon name={marks[mark].icon} /> {marks[mark].word}
          </span>
        )}
        {form === 'block' ? <CopyButton text={value} label={name} /> : null}
      </div>
      {form === 'hash' ? <Hash value={value} label={name} ends={12} /> : null}
      {form === 'text' ? <Value text={value} mono wraps /> : null}
      {form === 'block' ? <Block name={name} value={value} /> : null}
    </div>
  )
}

/** Lines stay lines here: these are texts of formats, and each line is shown for itself. */
function Block({ name, value }: { readonly name: string; readonly value: string }): ReactNode {
  return (
    <pre className="code short" tabIndex={0} aria-label={name}>
      {value.split('\n').map((line, at) => (
        <span key={at} className="code-line">
          <Value text={line} mono wraps none=" " />
          {'\n'}
        </span>
      ))}
    </pre>
  )
}
