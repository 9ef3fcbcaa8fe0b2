// When a page breaks, or its script cannot be loaded, the rest of the console stays.
import { Component, type ReactNode } from 'react'
import { Problem } from '../parts/states.tsx'

interface FailsafeProps {
  readonly children: ReactNode
}

interface FailsafeState {
  readonly error: Error | null
}

export class Failsafe extends Component<FailsafeProps, FailsafeState> {
  override state: FailsafeState = { error: null }

  static getDerivedStateFromError(error: unknown): FailsafeState {
    return { error: error instanceof Error ? error : new TypeError(String(error)) }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === null) return this.props.children
    const problem = {
      code: 'PAGE_BROKEN',
      title: 'This page could not be shown',
      status: 0,
      detail: error.message,
      fix: 'reload it; a newer version may have been installed meanwhile',
    }
    return <Problem problem={problem} onRetry={() => location.reload()} />
  }
}
