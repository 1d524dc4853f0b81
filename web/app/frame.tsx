import { ActionIcon, Drawer } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconMenu2 } from "@tabler/icons-react";
import { useEffect, useRef, type ReactNode } from "react";
import { Link, Outlet, ScrollRestoration, useLocation } from "react-router";
import { EnforcementBadge } from "./enforcement-badge.tsx";
import styles from "./frame.module.css";
import { Navigation } from "./navigation.tsx";
import { Search } from "./search.tsx";
import { UserMenu } from "./user-menu.tsx";

/** Left column, top bar, page. */
export function Frame(): ReactNode {
  const [opened, drawer] = useDisclosure(false);
  const main = useFocusOnNewPage();
  return (
    <div className={styles["frame"]}>
      <a href="#main" className={styles["skip"]}>
        Skip to the page
      </a>
      <header className={styles["top"]}>
        <ActionIcon
          className={styles["burger"]}
          size="lg"
          aria-label="Menu"
          aria-expanded={opened}
          onClick={drawer.open}
        >
          <IconMenu2 size={20} aria-hidden />
        </ActionIcon>
        <Link to="/" className={styles["brand"]} aria-label="Countersign">
          <img src="/favicon.svg" alt="" width={22} height={22} />
          <span>Countersign</span>
        </Link>
        <div className={styles["search"]}>
          <Search />
        </div>
        <EnforcementBadge />
        <UserMenu />
      </header>
      <div className={styles["side"]}>
        <Navigation />
      </div>
      <Drawer.Root opened={opened} onClose={drawer.close} size="16rem">
        <Drawer.Overlay />
        <Drawer.Content aria-label="Menu">
          <Drawer.Body className={styles["drawer"] ?? ""}>
            <Drawer.CloseButton aria-label="Close the menu" />
            <Search onChosen={drawer.close} />
            <Navigation onChosen={drawer.close} />
          </Drawer.Body>
        </Drawer.Content>
      </Drawer.Root>
      <main id="main" tabIndex={-1} ref={main} className={styles["main"]}>
        <Outlet />
      </main>
      <ScrollRestoration />
    </div>
  );
}

/** After a step to another page the keyboard goes on from its beginning, as after a page load. */
function useFocusOnNewPage(): React.RefObject<HTMLElement | null> {
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const last = useRef(pathname);
  useEffect(() => {
    if (last.current === pathname) return;
    last.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return main;
}
