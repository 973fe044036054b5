import { useId } from 'preact/hooks';

interface TextFieldProps {
  label: string;
  hint?: string | undefined;
  /** What is wrong with the value; takes the place of the hint. */
  wrong?: string | undefined;
  value: string;
  onValue: (value: string) => void;
  type?: 'text' | 'password';
  placeholder?: string | undefined;
  inputMode?: 'text' | 'url' | 'decimal';
  autocomplete?: 'off' | 'new-password';
  maxLength?: number;
}

/** A text field with its label above, what it takes beneath, and what is wrong with it in place of that. */
export function TextField({
  label,
  hint,
  wrong,
  value,
  onValue,
  type = 'text',
  placeholder,
  inputMode = 'text',
  autocomplete = 'off',
  maxLength = 2048,
}: TextFieldProps) {
  const id = useId();
  const note = wrong ?? hint;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        // Preact's types want to know which one; the two differ in nothing that is used here.
        type={type as 'text'}
        autocomplete={autocomplete}
        autocapitalize="none"
        spellcheck={false}
        inputMode={inputMode}
        placeholder={placeholder}
        maxLength={maxLength}
        class="input"
        value={value}
        aria-invalid={wrong !== undefined}
        aria-describedby={note === undefined ? undefined : `${id}-note`}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
      {note !== undefined && (
        <p id={`${id}-note`} class={wrong === undefined ? 'hint' : 'wrong'}>
          {note}
        </p>
      )}
    </div>
  );
}

export function Switch({
  label,
  checked,
  onChecked,
}: {
  label: string;
  checked: boolean;
  onChecked: (checked: boolean) => void;
}) {
  return (
    <label class="switch">
      <input
        type="checkbox"
        role="switch"
        aria-checked={checked}
        checked={checked}
        onInput={(event) => onChecked(event.currentTarget.checked)}
      />
      {label}
    </label>
  );
}

/** A choice of few. */
export function SelectField<Value extends string>({
  label,
  value,
  options,
  onValue,
}: {
  label: string;
  value: Value;
  options: readonly { value: Value; text: string }[];
  onValue: (value: Value) => void;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        class="input"
        value={value}
        onInput={(event) => onValue(event.currentTarget.value as Value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    </div>
  );
}
