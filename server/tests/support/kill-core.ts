import { setTimeout as delay } from 'node:timers/promises'
import { connectToHolder } from '../../../embedded-core/src/data-dir-lock.ts'

/** Kills the embedded Core that runs on a data directory, once one does. */
export async function killCore(dataDir: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const connection = await connectToHolder(dataDir)
    const holder = await connection?.readHolder()
    if (connection && holder) {
      process.kill(holder.pid, 'SIGKILL')
      await connection.ended
      return
    }
    connection?.socket.destroy()
    await delay(20, undefined, { signal })
  }
}
