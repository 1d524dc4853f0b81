/* oxlint-disable jsx-a11y/no-redundant-roles, jsx-a11y/no-interactive-element-to-noninteractive-role -- browsers drop a table's own roles once it is laid out as blocks */
import type { ReactNode } from "react";
import styles from "./data-table.module.css";

export type Column<Row> = {
  readonly key: string;
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  readonly align?: "end";
  /** Holds long names without spaces, which may be broken anywhere. */
  readonly breaks?: true;
};

type Props<Row> = {
  /** The name of the table, for those who only hear it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
};

/**
 * A tight table. On narrow screens each row becomes a block of named values, so nothing scrolls sideways; the roles
 * are written out because browsers drop a table's own once it is laid out as blocks.
 */
export function DataTable<Row>({ label, columns, rows, rowKey }: Props<Row>): ReactNode {
  return (
    <table role="table" aria-label={label} className={styles["table"]}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th key={column.key} role="columnheader" scope="col" data-align={column.align}>
              {column.header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={rowKey(row)} role="row">
            {columns.map((column) => (
              <td
                key={column.key}
                role="cell"
                data-label={column.header}
                data-align={column.align}
                data-breaks={column.breaks}
              >
                <div className={styles["value"]}>{column.cell(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
