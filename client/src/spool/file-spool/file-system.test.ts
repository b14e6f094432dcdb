import { open } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { syncDir, syncFile } from './file-system.ts'
import { temporaryDir } from './testing/temporary-dir.ts'

const onLinux = process.platform === 'linux'

test.skipIf(!onLinux)('what a file system cannot sync is skipped', async () => {
  // Both answer EINVAL, as network and FUSE file systems do.
  await syncDir('/proc')
  const device = await open('/dev/null', 'r+')
  await syncFile(device)
  await device.close()
})

test('a directory that is not there is an error', async () => {
  await expect(syncDir(`${await temporaryDir()}/none`)).rejects.toThrow('ENOENT')
})
