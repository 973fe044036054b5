import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { RequestProblem } from '../api/problem.ts';
import { message } from '../messages/message.ts';
import { Dialog } from './dialog.tsx';
import { TextField } from './field.tsx';
import { Notice } from './notice.tsx';

/** As long as the server takes them. */
const maxName = 100;
const maxReason = 500;

/** A question that is answered with a name and a reason, for the record. */
export function ReasonDialog({
  title,
  text,
  confirm,
  onConfirm,
  onClose,
  children,
}: {
  title: string;
  text: string;
  confirm: string;
  /** What it rejects with is shown, and the question stays. */
  onConfirm: (by: string, reason: string) => Promise<void>;
  onClose: () => void;
  children?: ComponentChildren;
}) {
  const [by, setBy] = useState('');
  const [reason, setReason] = useState('');
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<RequestProblem>();
  const missing = (value: string) =>
    asked && value.trim() === '' ? message('protection.required') : undefined;
  const answer = async (): Promise<void> => {
    setAsked(true);
    if (by.trim() === '' || reason.trim() === '') return;
    setBusy(true);
    try {
      await onConfirm(by.trim(), reason.trim());
      onClose();
    } catch (thrown) {
      if (!(thrown instanceof RequestProblem)) throw thrown;
      setProblem(thrown);
      setBusy(false);
    }
  };
  return (
    <Dialog label={title} onClose={onClose}>
      <h2>{title}</h2>
      <p class="dim">{text}</p>
      <TextField
        label={message('protection.reason')}
        value={reason}
        onValue={setReason}
        wrong={missing(reason)}
        maxLength={maxReason}
      />
      <TextField
        label={message('protection.name')}
        value={by}
        onValue={setBy}
        wrong={missing(by)}
        maxLength={maxName}
      />
      {children}
      {problem && (
        <Notice kind="alarm" advice={problem.advice}>
          {problem.detail}
        </Notice>
      )}
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>
          {message('dialog.cancel')}
        </button>
        <button type="button" class="button accent" disabled={busy} onClick={() => void answer()}>
          {confirm}
        </button>
      </div>
    </Dialog>
  );
}
