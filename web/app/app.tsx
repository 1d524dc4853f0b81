import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { createBrowserRouter } from "react-router";
import { RouterProvider } from "react-router/dom";
import { createQueryClient } from "../data/query-client.ts";
import { colourVariables, theme } from "../ui/theme.ts";
import { routes } from "./routes.tsx";

/** Everything: look, cache, addresses. */
export function App(): ReactNode {
  const [cache] = useState(createQueryClient);
  const [router] = useState(() => createBrowserRouter([...routes]));
  return (
    <MantineProvider theme={theme} cssVariablesResolver={colourVariables} defaultColorScheme="auto">
      <QueryClientProvider client={cache}>
        <Notifications position="bottom-right" autoClose={5000} />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
