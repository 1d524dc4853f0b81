import { Title } from "@mantine/core";
import { useId, type ReactNode } from "react";
import styles from "./card.module.css";

type Props = {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
};

/** A named part of a page. */
export function Card({ title, aside, children }: Props): ReactNode {
  const id = useId();
  return (
    <section aria-labelledby={id} className={styles["card"]}>
      <div className={styles["head"]}>
        <Title order={2} id={id}>
          {title}
        </Title>
        {aside === undefined ? null : <div className={styles["aside"]}>{aside}</div>}
      </div>
      {children}
    </section>
  );
}
