import type { EventType, NewEvent } from '@achilles/mcp-client'
import { Disposable, type Task, type TaskExecution, TaskGroup, tasks } from 'vscode'

/** Records every task that ends: its kind, duration and exit code. Command lines are left out. */
export function recordTasks(record: (event: NewEvent) => void): Disposable {
  const startedAt = new WeakMap<TaskExecution, number>()
  return Disposable.from(
    tasks.onDidStartTaskProcess(({ execution }) => startedAt.set(execution, Date.now())),
    tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
      const start = startedAt.get(execution)
      record({
        event_type: toEventType(execution.task),
        source_type: 'ide',
        ...(start !== undefined && { duration_ms: Date.now() - start }),
        // A task that was stopped has none.
        ...(exitCode !== undefined && { payload: { exit_code: exitCode } }),
      })
    }),
  )
}

function toEventType({ group }: Task): EventType {
  if (group?.id === TaskGroup.Test.id) return 'test_run'
  return group?.id === TaskGroup.Build.id || group?.id === TaskGroup.Rebuild.id ? 'build_run' : 'command_executed'
}
