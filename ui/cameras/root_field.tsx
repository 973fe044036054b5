import { useEffect, useState } from 'preact/hooks';
import { readStatus } from '../api/client.ts';
import { RequestProblem } from '../api/problem.ts';
import { SelectField } from '../design/field.tsx';
import { message } from '../messages/message.ts';
import type { FieldsProps } from './camera_fields.tsx';

/** Which disk the camera's footage goes to: of concern with several only. */
export function RootField({ form, onForm }: Pick<FieldsProps, 'form' | 'onForm'>) {
  const names = [...new Set([...useRootNames(), form.storageRoot])];
  if (names.length < 2) return null;
  return (
    <SelectField
      label={message('field.storage-root')}
      value={form.storageRoot}
      options={names.map((name) => ({ value: name, text: name }))}
      onValue={(storageRoot) => onForm({ ...form, storageRoot })}
    />
  );
}

/** Empty until the server has told them. */
function useRootNames(): readonly string[] {
  const [names, setNames] = useState<readonly string[]>([]);
  useEffect(() => {
    const leaving = new AbortController();
    readStatus(leaving.signal).then(
      ({ storage }) => setNames(storage.roots.map(({ name }) => name)),
      (thrown) => {
        // The form is complete without it: the server keeps what it knows.
        if (!leaving.signal.aborted && !(thrown instanceof RequestProblem)) throw thrown;
      },
    );
    return () => leaving.abort();
  }, []);
  return names;
}
