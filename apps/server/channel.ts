import { CodedError } from "#domain/kernel";
import { AccountsError, type AccountsErrorCode } from "#services/accounts";

/** What one side may ask the other: a question's name, what it is about, and the answer. */
export type Questions = Record<string, readonly [about: unknown, answer: unknown]>;

/** Answers to the other side's questions. */
export type Answers<Heard extends Questions> = {
  readonly [Name in keyof Heard]: (about: Heard[Name][0]) => Promise<Heard[Name][1]>;
};

export type Channel<Asked extends Questions> = {
  /** Throws what the other side threw, by its code. */
  ask<Name extends keyof Asked & string>(
    name: Name,
    about: Asked[Name][0],
  ): Promise<Asked[Name][1]>;
  /** Fails every question that is still open. */
  close(): void;
};

/** The pipe between a process and its child, as either of them has it. */
export type Pipe = {
  readonly send: (message: unknown) => void;
  readonly listen: (listener: (message: unknown) => void) => void;
};

type Fault = {
  readonly message: string;
  readonly code: string | undefined;
  readonly retryAfterSeconds: number | undefined;
};
type Message =
  | {
      readonly kind: "question";
      readonly id: number;
      readonly name: string;
      readonly about: unknown;
    }
  | { readonly kind: "answer"; readonly id: number; readonly answer: unknown }
  | { readonly kind: "fault"; readonly id: number; readonly fault: Fault };
type Open = {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
};

/** Questions and answers over a pipe. Both ends are ours, of one version, and nobody else can write to it. */
export function openChannel<Asked extends Questions, Heard extends Questions>(
  pipe: Pipe,
  answers: Answers<Heard>,
): Channel<Asked> {
  const open = new Map<number, Open>();
  let isClosed = false;
  let last = 0;

  async function answer(id: number, name: string, about: unknown): Promise<void> {
    try {
      const told = await answers[name as keyof Heard](about);
      pipe.send({ kind: "answer", id, answer: told } satisfies Message);
    } catch (error) {
      pipe.send({ kind: "fault", id, fault: faultOf(error) } satisfies Message);
    }
  }

  pipe.listen((received) => {
    const message = received as Message;
    if (message.kind === "question") {
      void answer(message.id, message.name, message.about);
      return;
    }
    const asked = open.get(message.id);
    open.delete(message.id);
    if (message.kind === "answer") asked?.resolve(message.answer);
    else asked?.reject(errorOf(message.fault));
  });

  return {
    ask(name, about) {
      if (isClosed) return Promise.reject(gone());
      last += 1;
      const id = last;
      return new Promise<never>((resolve, reject) => {
        open.set(id, { resolve: resolve as Open["resolve"], reject });
        pipe.send({ kind: "question", id, name, about } satisfies Message);
      });
    },
    close() {
      isClosed = true;
      for (const { reject } of open.values()) reject(gone());
      open.clear();
    },
  };
}

function faultOf(error: unknown): Fault {
  const message = error instanceof Error ? error.message : "it failed";
  const code = error instanceof CodedError ? error.code : undefined;
  const retryAfterSeconds = error instanceof AccountsError ? error.retryAfterSeconds : undefined;
  return { message, code, retryAfterSeconds };
}

function errorOf({ message, code, retryAfterSeconds }: Fault): Error {
  if (code?.startsWith("accounts/") !== true) return new Error(message);
  return new AccountsError(
    code as AccountsErrorCode,
    message,
    retryAfterSeconds === undefined ? {} : { retryAfterSeconds },
  );
}

function gone(): Error {
  return new Error("the other process is gone");
}
