import { useState } from 'preact/hooks';
import { RequestProblem } from '../api/problem.ts';
import { type CameraForm, changedFields, faultsOf } from './camera_form.ts';

/** A form and its sending: keeps what is wrong with its fields, and the problem that belongs to none of them. */
export function useSaving(first: () => CameraForm) {
  const [form, setForm] = useState(first);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<ReadonlyMap<string, string>>(new Map());
  const [problem, setProblem] = useState<RequestProblem | undefined>(undefined);

  /** What was wrong with a field is judged anew when it is sent, and not held against what is typed now. */
  const change = (next: CameraForm): void => {
    const changed = changedFields(form, next);
    // How long footage may be guaranteed depends on how long it is kept.
    if (changed.includes('maxAgeDays')) changed.push('minAgeHours');
    setForm(next);
    if (changed.some((field) => wrong.has(field))) {
      setWrong(new Map([...wrong].filter(([field]) => !changed.includes(field))));
    }
  };

  const save = async (send: () => Promise<void>): Promise<void> => {
    const faults = faultsOf(form);
    setWrong(faults);
    setProblem(undefined);
    if (faults.size > 0) return;
    setBusy(true);
    try {
      await send();
    } catch (thrown) {
      if (!(thrown instanceof RequestProblem)) throw thrown;
      setWrong(thrown.fields);
      // What stands beside a field need not be said twice.
      if (thrown.fields.size === 0 || thrown.fields.has('')) setProblem(thrown);
    } finally {
      setBusy(false);
    }
  };
  return { form, change, busy, wrong, problem, save };
}
